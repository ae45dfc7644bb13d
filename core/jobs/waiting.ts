import type { Reason, Stage } from '../../schemas/job.ts'
import type { ComputeStatus } from '../platform/ports.ts'

/** Why a live job does not move, as far as its open attempt is known to wait for capacity; undefined when it does not. Pure. */
export function waitingReason(stages: readonly Stage[]): Reason | undefined {
  for (const { index, algorithm, attempts } of stages) {
    const open = attempts.find((attempt) => attempt.status === 'prepared')
    if (!open?.compute || !isWaiting(open.compute.status)) continue
    const on = open.capacity === 'on_demand' ? 'on-demand' : 'spot'
    const why = open.compute.waits_for ?? 'none is assigned yet'
    return {
      code: 'waiting_capacity',
      message: `stage ${index} (${algorithm}) attempt ${open.number} waits for a host (${on}): ${why}`,
      stage: index,
      evidence: [],
    }
  }
  return undefined
}

/** No container has been started yet. */
export function isWaiting(status: ComputeStatus): boolean {
  return rankOf(status) <= ranks.runnable
}

const ranks = { submitted: 0, runnable: 1, starting: 2, running: 3, succeeded: 4, failed: 4 }

/** A compute job only ever moves to a higher rank. */
export function rankOf(status: ComputeStatus): number {
  return ranks[status]
}
