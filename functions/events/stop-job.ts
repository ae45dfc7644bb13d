import { stopDoomed, stopExecution } from '../../core/jobs/run-execution.ts'
import type { Subscriber } from './subscription.ts'

/** Of a job that is over, everything that still runs; of one with a finding that stops it, the trainer. */
export const stopJob: Subscriber = (platform, event) => {
  const run = { job: event.subject, run: Number(event.data.run) }
  return event.type === 'job.anomaly.v1' ? stopDoomed(platform, run) : stopExecution(platform, run)
}
