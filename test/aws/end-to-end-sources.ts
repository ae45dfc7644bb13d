import { type BatchClient, ListJobsCommand } from '@aws-sdk/client-batch'
import { paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3'
import { batchJobStateChange, objectCreated } from '../lambda/support/aws-events.ts'

export type Publish = (event: object) => void

/** S3's "Object Created" of every object that is new or was written again since the last look. */
export function objectSource(client: S3Client, bucket: string, publish: Publish): () => Promise<void> {
  const seen = new Map<string, string>()
  return async () => {
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket })) {
      for (const { Key = '', ETag = '', LastModified, Size = 0 } of Contents) {
        const version = `${ETag} ${LastModified?.toISOString()}`
        if (seen.get(Key) === version) continue
        seen.set(Key, version)
        const event = objectCreated(Key)
        const object = { ...event.detail.object, size: Size, etag: ETag.replaceAll('"', '') }
        publish({ ...event, detail: { ...event.detail, bucket: { name: bucket }, object } })
      }
    }
  }
}

/** Batch's "Job State Change" of every job whose status is another than at the last look. */
export function jobSource(client: BatchClient, queues: readonly string[], publish: Publish): () => Promise<void> {
  const seen = new Map<string, string>()
  return async () => {
    for (const jobQueue of queues) {
      for (const { jobId = '', jobName = '', status = '' } of await everyJob(client, jobQueue)) {
        if (seen.get(jobId) === status) continue
        seen.set(jobId, status)
        const event = batchJobStateChange(jobName, status)
        publish({ ...event, detail: { ...event.detail, jobId, jobQueue } })
      }
    }
  }
}

async function everyJob(client: BatchClient, jobQueue: string) {
  const filters = [{ name: 'JOB_NAME', values: ['*'] }]
  const first = await client.send(new ListJobsCommand({ jobQueue, filters }))
  const jobs = [...(first.jobSummaryList ?? [])]
  for (let nextToken = first.nextToken; nextToken !== undefined; ) {
    const page = await client.send(new ListJobsCommand({ jobQueue, filters, nextToken }))
    jobs.push(...(page.jobSummaryList ?? []))
    nextToken = page.nextToken
  }
  return jobs
}
