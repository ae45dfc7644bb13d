import { syncLiveMetrics } from '../../core/jobs/sync-metrics.ts'
import type { Scheduled } from './subscription.ts'

export const syncMetrics: Scheduled = (platform) => syncLiveMetrics(platform)
