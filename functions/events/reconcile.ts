import { reconcile } from '../../core/jobs/reconcile.ts'
import type { Scheduled } from './subscription.ts'

export const reconcileJobs: Scheduled = async (platform) => {
  await reconcile(platform)
}
