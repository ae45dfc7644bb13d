import { observeCompute } from '../../core/jobs/observe-compute.ts'
import type { Platform } from '../../core/platform/ports.ts'

/** A compute job is stuck at the head of its queue. Why, the compute service also says when it describes the job. */
export async function queueBlocked(
  platform: Pick<Platform, 'table' | 'clock' | 'compute'>,
  computeJob: string,
): Promise<void> {
  await observeCompute(platform, computeJob)
}
