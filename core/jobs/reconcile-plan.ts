import type { Job } from '../../schemas/job.ts'
import type { ComputeRecord, Execution } from '../platform/ports.ts'
import { attemptOf, generationOf } from './artifacts.ts'
import { isTerminal } from './lifecycle.ts'
import { observation } from './observe-compute.ts'

/** Everything that is known of one job, its record read after all the rest was listed. */
export interface Observed {
  job: Job
  /** Of the job's present run; undefined when it was never started. */
  execution: Execution | undefined
  /** Compute jobs that have not ended: of its attempts, and of evaluations that it asked for first. */
  computes: readonly ComputeRecord[]
  /** Evaluations that some live job waits for. */
  awaited: ReadonlySet<string>
  /** Attempts that are open on the record and have segments that nobody has read. */
  unread: readonly { stage: number; attempt: number }[]
  /** It is over, and has not been seen to have left nothing behind. */
  stopping: boolean
}

export type Repair =
  | { kind: 'start'; job: string; run: number }
  | { kind: 'fail'; job: string; run: number; error: string; cause: string }
  | { kind: 'stop'; job: string; run: number }
  | { kind: 'terminate'; job: string; computeJob: string }
  | { kind: 'observe'; job: string; computeJob: string }
  | { kind: 'ingest'; job: string; stage: number; attempt: number }
  | { kind: 'settle'; job: string }

/** What a job, its execution, its compute jobs and its metrics need to agree again; nothing when they do. Pure. */
export function plan(observed: Observed): Repair[] {
  const { job, unread, stopping } = observed
  const repairs = [
    ...executionRepairs(observed),
    ...observed.computes.flatMap((record) => computeRepairs(observed, record)),
    ...unread.map((attempt): Repair => ({ kind: 'ingest', job: job.id, ...attempt })),
  ]
  // What was asked to stop is looked at again until it has been seen to have stopped.
  return repairs.length === 0 && stopping ? [{ kind: 'settle', job: job.id }] : repairs
}

function executionRepairs({ job: { id, run, status }, execution, stopping }: Observed): Repair[] {
  const runs = execution?.status === 'pending' || execution?.status === 'running'
  if (isTerminal(status)) return runs && stopping && status === 'cancelled' ? [{ kind: 'stop', job: id, run }] : []
  if (!execution) return [{ kind: 'start', job: id, run }]
  if (runs) return []
  const cause = execution.cause ?? `the execution ended as ${execution.status} while the job was still open`
  return [{ kind: 'fail', job: id, run, error: execution.error ?? `execution_${execution.status}`, cause }]
}

function computeRepairs({ job, awaited }: Observed, record: ComputeRecord): Repair[] {
  const terminate: Repair = { kind: 'terminate', job: job.id, computeJob: record.name }
  const live = !isTerminal(job.status)
  const generation = generationOf(record.name)
  if (generation) {
    const own = live && job.evaluations?.includes(generation.evaluation)
    return own || awaited.has(generation.evaluation) ? [] : [terminate]
  }
  const owner = attemptOf(record.name)
  if (owner?.job !== job.id) return []
  const attempt = job.stages[owner.stage]?.attempts[owner.attempt - 1]
  if (!live || (attempt && (attempt.status !== 'prepared' || attempt.stopped_by))) return [terminate]
  return observation(job, owner, record) ? [{ kind: 'observe', job: job.id, computeJob: record.name }] : []
}
