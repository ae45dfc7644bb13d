import { reconcileBuilds } from '../../core/data-factory/build/run-execution.ts'
import { compactMetrics } from '../../core/jobs/compact-metrics.ts'
import { reconcile } from '../../core/jobs/reconcile.ts'
import type { Scheduled } from './subscription.ts'

export const reconcileJobs: Scheduled = async (platform) => {
  const ended = await Promise.allSettled([reconcile(platform), reconcileBuilds(platform), compactMetrics(platform)])
  const failed = ended.find((each) => each.status === 'rejected')
  if (failed) throw failed.reason
}
