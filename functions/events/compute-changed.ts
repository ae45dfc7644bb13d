import { observeCompute } from '../../core/jobs/observe-compute.ts'
import type { Platform } from '../../core/platform/ports.ts'

/** A compute job is in a new status. The event only names it: it may be late, repeated or overtaken, so the job is looked at. */
export async function computeChanged(
  platform: Pick<Platform, 'table' | 'clock' | 'compute'>,
  computeJob: string,
): Promise<void> {
  await observeCompute(platform, computeJob)
}
