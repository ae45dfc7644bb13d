import { applySchedule } from './apply-schedule.ts'
import { computeChanged } from './compute-changed.ts'
import { executionEnded } from './execution-ended.ts'
import { followBuilds } from './follow-build.ts'
import { ingestMetrics } from './ingest-metrics.ts'
import { intakeDrop } from './intake-drop.ts'
import { queueBlocked } from './queue-blocked.ts'
import { reconcileJobs } from './reconcile.ts'
import { recordEvent } from './record-event.ts'
import { runSchedule } from './run-schedule.ts'
import { startJob } from './start-job.ts'
import { stopJob } from './stop-job.ts'
import type { Scheduled, Subscriber } from './subscription.ts'
import { syncMetrics } from './sync-metrics.ts'

/** Every consumer by its name in the manifest. */
export const subscribers: Record<string, Subscriber> = {
  'start-job': startJob,
  'stop-job': stopJob,
  'record-event': recordEvent,
  'follow-build': followBuilds,
  'apply-schedule': applySchedule,
}
export const scheduled: Record<string, Scheduled> = { 'sync-metrics': syncMetrics, reconcile: reconcileJobs }
/** By the key of a new object. */
export const objectConsumers = { 'intake-drop': intakeDrop, 'ingest-metrics': ingestMetrics }
/** By the name of a compute job. */
export const computeConsumers = { 'compute-changed': computeChanged, 'queue-blocked': queueBlocked }
/** By the name of an execution. */
export const executionConsumers = { 'execution-ended': executionEnded }
/** By the timer that is due. */
export const timerConsumers = { 'run-schedule': runSchedule }
