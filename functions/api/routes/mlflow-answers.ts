import { toWire } from '../../../core/metrics/columns.ts'
import type { Experiment } from '../../../core/tracking/experiments.ts'
import { inputsOf } from '../../../core/tracking/log-batch.ts'
import type { HistoryPoint } from '../../../core/tracking/metric-history.ts'
import type { Pairs, Run } from '../../../core/tracking/run-store.ts'
import type { RunSummary } from '../../../core/tracking/run-summary.ts'

/** An experiment in MLflow's words. */
export function experimentAnswer({ id, name, lifecycle_stage, created, updated, tags }: Experiment) {
  return {
    experiment_id: id,
    name,
    artifact_location: `mlflow-artifacts:/${id}`,
    lifecycle_stage,
    creation_time: created,
    last_update_time: updated,
    tags: pairsAnswer(tags),
  }
}

/** A run in MLflow's words. Step and time of its metrics are those of its newest row. */
export function runAnswer(run: Run, { values, step, time }: RunSummary) {
  const metrics = [...values].map(([key, value]) => ({ key, value: toWire(value), timestamp: time, step }))
  return {
    info: runInfoAnswer(run),
    data: { metrics, params: pairsAnswer(run.params), tags: pairsAnswer(run.tags) },
    inputs: { dataset_inputs: inputsOf(run.tags) },
  }
}

export function runInfoAnswer({ id, experiment, name, status, lifecycle_stage, user, start_time, end_time }: Run) {
  return {
    run_id: id,
    run_uuid: id,
    run_name: name,
    experiment_id: experiment,
    user_id: user,
    status,
    start_time,
    ...(end_time !== null && { end_time }),
    artifact_uri: `mlflow-artifacts:/${experiment}/${id}/artifacts`,
    lifecycle_stage,
  }
}

export function historyAnswer(run: string, key: string, points: readonly HistoryPoint[]) {
  return points.map(({ step, time, value }) => ({ key, value: toWire(value), timestamp: time, step, run_id: run }))
}

const pairsAnswer = (pairs: Pairs) => Object.entries(pairs).map(([key, value]) => ({ key, value }))
