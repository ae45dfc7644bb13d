import { reconcileJobs } from './reconcile.ts'
import { recordEvent } from './record-event.ts'
import { startJob } from './start-job.ts'
import { stopJob } from './stop-job.ts'
import type { Scheduled, Subscriber } from './subscription.ts'
import { syncMetrics } from './sync-metrics.ts'

/** Every consumer by its name in the manifest. */
export const subscribers: Record<string, Subscriber> = {
  'start-job': startJob,
  'stop-job': stopJob,
  'record-event': recordEvent,
}
export const scheduled: Record<string, Scheduled> = { 'sync-metrics': syncMetrics, reconcile: reconcileJobs }
