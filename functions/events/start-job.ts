import { startExecution } from '../../core/jobs/run-execution.ts'
import type { Subscriber } from './subscription.ts'

export const startJob: Subscriber = (platform, event) =>
  startExecution(platform, { job: event.subject, run: Number(event.data.run) })
