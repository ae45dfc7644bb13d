import type { MlflowPair, MlflowStatus } from '../../schemas/mlflow.ts'
import { sha256 } from '../platform/digest.ts'
import { Fault, invalid } from '../platform/fault.ts'
import { change } from '../platform/guarded-write.ts'
import type { Platform, Table } from '../platform/ports.ts'
import { activeExperiment, getExperiment } from './experiments.ts'
import { checkBatch, cut, trackingLimits } from './limits.ts'
import { addAttributes, nameTag } from './run-attributes.ts'
import { activeRun, getRun, noRun, type Run, runDraft, runKey, toRun } from './run-store.ts'

type Needs = Pick<Platform, 'table' | 'clock' | 'ids'>

export interface NewRun {
  experiment_id: string
  user_id: string
  run_name: string
  start_time?: number | undefined
  tags: readonly MlflowPair[]
}

/** A run in status RUNNING. Faults: `not_found` for the experiment, `illegal_transition` when it is deleted, `invalid`. */
export async function createRun(platform: Needs, request: NewRun): Promise<Run> {
  const experiment = activeExperiment(await getExperiment(platform, request.experiment_id))
  const breaches = checkBatch({ metrics: [], params: [], tags: request.tags })
  if (breaches.length > 0) throw invalid('tags', breaches)
  const given = Object.fromEntries(request.tags.map(({ key, value }) => [key, cut(value, trackingLimits.tagValue)]))
  const id = sha256(platform.ids.next()).slice(0, 32)
  const name = nameOf(request.run_name, given[nameTag]) || `run-${id.slice(0, 8)}`
  const now = platform.clock.now()
  const run: Run = {
    id,
    experiment: experiment.id,
    name,
    status: 'RUNNING',
    lifecycle_stage: 'active',
    user: request.user_id,
    start_time: request.start_time ?? now.getTime(),
    end_time: null,
    created_at: now.toISOString(),
    params: {},
    tags: { [nameTag]: name },
  }
  await platform.table.put(runDraft(run), 'absent')
  await addAttributes(platform.table, id, { params: {}, tags: given })
  return getRun(platform.table, id)
}

export interface RunUpdate {
  status?: MlflowStatus | undefined
  end_time?: number | undefined
  run_name?: string | undefined
}

/** Faults: `not_found`, `illegal_transition` when deleted. */
export async function updateRun(table: Table, id: string, { status, end_time, run_name }: RunUpdate): Promise<Run> {
  if (run_name) await addAttributes(table, id, { params: {}, tags: { [nameTag]: run_name } })
  await changeRun(table, id, (run) => ({
    ...activeRun(run),
    ...(status && { status }),
    ...(end_time !== undefined && { end_time }),
  }))
  return getRun(table, id)
}

/** Deletes or restores; repeating it succeeds. Nothing is lost. Fault `not_found`. */
export async function setRunStage(table: Table, id: string, stage: Run['lifecycle_stage']): Promise<void> {
  await changeRun(table, id, (run) => ({ ...run, lifecycle_stage: stage }))
}

async function changeRun(table: Table, id: string, decide: (run: Run) => Run): Promise<void> {
  await change(table, runKey(id), (item) => {
    if (!item) throw noRun(id)
    return { draft: runDraft(decide(toRun(item))) }
  })
}

function nameOf(name: string, tag: string | undefined): string {
  if (name === '' || tag === undefined || tag === name) return name || (tag ?? '')
  throw new Fault('invalid', `the run's name "${name}" and its tag ${nameTag} "${tag}" differ; send one of them`)
}
