import type { TrackedRun, TrackedRunView } from '../../schemas/tracking.ts'
import { toWire } from '../metrics/columns.ts'
import { mapPage, type PageRequest } from '../platform/paging.ts'
import type { Page, Platform } from '../platform/ports.ts'
import { getExperiment } from './experiments.ts'
import { getRun, listRuns, type Run, runOwner } from './run-store.ts'
import { summaryOf } from './run-summary.ts'

/** Newest first. */
export async function listTrackedRuns(
  { table }: Pick<Platform, 'table'>,
  page: PageRequest,
): Promise<Page<TrackedRun>> {
  return mapPage(await listRuns(table, page), toTrackedRun)
}

/** `owner` as the API names it: `run-` and MLflow's id. Fault `not_found`. */
export async function viewRun(
  platform: Pick<Platform, 'table' | 'metrics' | 'clock'>,
  owner: string,
): Promise<TrackedRunView> {
  const run = await getRun(platform.table, runIdOf(owner))
  const [experiment, summary] = await Promise.all([
    getExperiment(platform, run.experiment),
    summaryOf(platform.metrics, run.id),
  ])
  return {
    ...toTrackedRun(run),
    experiment_name: experiment.name,
    params: run.params,
    tags: run.tags,
    latest_metrics: Object.fromEntries([...summary.values].map(([key, value]) => [key, toWire(value)])),
    last_step: summary.points === 0 ? null : summary.step,
    points: summary.points,
  }
}

export const runIdOf = (owner: string): string => owner.replace(/^run-/, '')

function toTrackedRun(run: Run): TrackedRun {
  return {
    id: runOwner(run.id),
    name: run.name,
    experiment: run.experiment,
    status: run.status,
    deleted: run.lifecycle_stage === 'deleted',
    user: run.user,
    created_at: run.created_at,
    started_at: timestamp(run.start_time),
    ended_at: run.end_time === null ? null : timestamp(run.end_time),
  }
}

const timestamp = (ms: number) => new Date(ms).toISOString()
