import type { Anomaly } from '../../schemas/diagnostics.ts'
import type { JobEvent, JobView } from '../../schemas/job.ts'

/** How fast a stage goes. */
export interface Pace {
  /** undefined until two steps were seen. */
  stepsPerSecond?: number
  /** Since the newest step came in. */
  idleMs: number
}

/** Everything that is known about a job while it is watched. */
export interface WatchView {
  job: JobView
  /** Of all runs, oldest first; may lag behind the job. */
  events: readonly JobEvent[]
  /** What the diagnostic rules found so far; may lag behind the job. */
  anomalies?: readonly Anomaly[]
  /** By stage. */
  paces: ReadonlyMap<number, Pace>
  /** Something about the watching itself, for example that the server does not answer. */
  notice?: string
}

export function isOver(job: Pick<JobView, 'status'>): boolean {
  return ['succeeded', 'failed', 'refused', 'cancelled'].includes(job.status)
}

export function eventsOfRun({ job, events }: Pick<WatchView, 'job' | 'events'>): JobEvent[] {
  return events.filter((event) => event.data.run === undefined || event.data.run === job.run)
}
