import type { Attempt, Job, Stage } from '../../schemas/job.ts'
import type { ComputeRecord, Platform } from '../platform/ports.ts'
import { attemptOf } from './artifacts.ts'
import { type Change, changeJob } from './change-job.ts'
import { findJob } from './job-store.ts'
import { isTerminal } from './lifecycle.ts'
import { recordText } from './record-text.ts'
import { isWaiting, rankOf } from './waiting.ts'

type Seen = NonNullable<Attempt['compute']>

/**
 * Records what is known now of an attempt's compute job. What made one look is only a hint: lost, repeated, late and reordered hints
 * change nothing, and neither does any look at an attempt or a job that is over. Names of other compute jobs are passed over.
 */
export async function observeCompute(
  platform: Pick<Platform, 'table' | 'clock' | 'compute'>,
  name: string,
): Promise<void> {
  const owner = attemptOf(name)
  if (!owner || !(await findJob(platform.table, owner.job))) return
  const record = await platform.compute.describe(name)
  if (record) await changeJob(platform, owner.job, (job) => observation(job, owner, record))
}

/** The change that this look at an attempt's compute job makes; undefined for none. Pure. */
export function observation(
  job: Job,
  { stage: index, attempt: number }: { stage: number; attempt: number },
  record: ComputeRecord,
): Change | undefined {
  const stage = job.stages[index]
  const attempt = stage?.attempts[number - 1]
  if (isTerminal(job.status) || !stage || attempt?.status !== 'prepared') return undefined
  const seen = merged(attempt.compute, computeSeen(record))
  if (!seen) return undefined
  const attempts = stage.attempts.map((each) => (each.number === number ? { ...each, compute: seen } : each))
  const stages = job.stages.map((each) => (each.index === index ? { ...each, attempts } : each))
  const message = `stage ${index} (${stage.algorithm}) attempt ${number} ${told(stage, attempt, seen)}`
  return { event: 'compute_observed', message, patch: { stages } }
}

/** What a record keeps of a compute job. */
export function computeSeen(record: ComputeRecord | undefined): Seen | undefined {
  if (!record) return undefined
  const { id, status, statusReason, startedAt } = record
  const waits = isWaiting(status) && statusReason
  return {
    id,
    status,
    ...(waits && { waits_for: recordText(statusReason) }),
    ...(startedAt && { running_at: startedAt }),
  }
}

/** undefined when `now` tells nothing new. A record that is older than what is known never goes back behind it. */
function merged(known: Seen | undefined, now: Seen | undefined): Seen | undefined {
  if (!now) return undefined
  if (known && rankOf(now.status) < rankOf(known.status)) return undefined
  const same = known?.status === now.status && known.waits_for === now.waits_for && known.running_at === now.running_at
  return same ? undefined : now
}

function told(stage: Stage, attempt: Attempt, { status, waits_for }: Seen): string {
  if (isWaiting(status)) return `waits for a host${waits_for ? `: ${waits_for}` : ''}`
  if (status === 'starting') return 'has a host: its container starts'
  if (status === 'running') return `runs from step ${attempt.resumed_from_step + 1} of ${stage.planned_steps}`
  return 'has ended: its result is looked at'
}
