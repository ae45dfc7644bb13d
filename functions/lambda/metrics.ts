import type { BusinessEvent } from '../../core/platform/business-events.ts'
import { Fault } from '../../core/platform/fault.ts'
import type { Clock } from '../../core/platform/ports.ts'
import type { WriteLine } from './log.ts'

/** Counts one of what `name` says. Names are few and fixed: CloudWatch bills each name per function. */
export type Count = (name: string) => void

/** Metrics as log lines in CloudWatch's embedded metric format: namespace Sluice, dimensions stage and function, nothing per job. */
export function createCount(write: WriteLine, clock: Clock, dimensions: { stage: string; function: string }): Count {
  return (name) => {
    const directive = {
      Namespace: 'Sluice',
      Dimensions: [Object.keys(dimensions)],
      Metrics: [{ Name: name, Unit: 'Count' }],
    }
    const metadata = { Timestamp: clock.now().getTime(), CloudWatchMetrics: [directive] }
    write(JSON.stringify({ _aws: metadata, ...dimensions, [name]: 1 }))
  }
}

/** `fault_busy` and the like; `fault_unexpected` for what is no fault. */
export function faultMetric(error: unknown): string {
  return `fault_${error instanceof Fault ? error.code : 'unexpected'}`
}

/** `job_succeeded` and the like for the end of a job; undefined for every other event. A repeated delivery counts again. */
export function jobMetric({ type, data }: BusinessEvent): string | undefined {
  return type === 'job.finished.v1' ? `job_${String(data.status)}` : undefined
}
