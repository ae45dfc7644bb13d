import { stopExecution } from '../../core/jobs/run-execution.ts'
import type { Subscriber } from './subscription.ts'

export const stopJob: Subscriber = (platform, event) =>
  stopExecution(platform, { job: event.subject, run: Number(event.data.run) })
