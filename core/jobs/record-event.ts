import type { JobEvent, JobStatus } from '../../schemas/job.ts'
import type { BusinessEvent } from '../platform/business-events.ts'
import { putOnce } from '../platform/guarded-write.ts'
import type { Platform } from '../platform/ports.ts'
import { jobEventDraft } from './job-store.ts'

/** Keeps a job's event in its history. The sequence is the record's version, so that repeats and disorder change nothing. */
export async function recordJobEvent(platform: Pick<Platform, 'table'>, event: BusinessEvent): Promise<void> {
  const { job, sequence, status, message, ...data } = event.data
  const entry: JobEvent = {
    id: event.id,
    type: String(data.event),
    time: event.time,
    status: status as JobStatus,
    message: String(message),
    data: { run: data.run, ...(data.anomaly !== undefined && { anomaly: data.anomaly, severity: data.severity }) },
  }
  await putOnce(platform.table, jobEventDraft(String(job), Number(sequence), entry))
}
