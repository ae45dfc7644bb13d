import { BatchClient, DescribeJobsCommand, JobStatus, ListJobsCommand } from '@aws-sdk/client-batch'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { S3Client } from '@aws-sdk/client-s3'
import { SchedulerClient } from '@aws-sdk/client-scheduler'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SFNClient } from '@aws-sdk/client-sfn'
import { mockClient } from 'aws-sdk-client-mock'
import { describe, expect, it, onTestFinished } from 'vitest'
import { attemptMs, clientOptions, longestMs, transferMs } from '../../adapters/aws/client-options.ts'
import { readEnvironment } from '../../adapters/aws/config.ts'
import { createPlatform } from '../../adapters/aws/platform.ts'
import { type Deployable, manifest } from '../../functions/manifest.ts'

/**
 * The rule: a call is tried again with jitter inside its function's time and then surfaces as `busy`. A function that is cut off says
 * nothing: its caller cannot tell a fault of ours from a throttled table.
 */
describe.each(manifest)('$name', (entry) => {
  it('outlasts the longest call of every client that its grants give it', () => {
    for (const [client, requestMs] of Object.entries(clientsOf(entry)))
      expect(longestMs(requestMs), client).toBeLessThan(entry.timeoutSeconds * 1000)
  })
})

function clientsOf({ grants, timeoutSeconds }: Deployable): Record<string, number> {
  const { table, metrics, blobs, compute, workflows, signer, schedules } = grants
  return {
    ...((table || metrics) && { table: attemptMs.table }),
    ...((compute || workflows || signer || schedules) && { control: attemptMs.control }),
    ...(blobs && { blobs: transferMs(timeoutSeconds) }),
  }
}

it('a large part has its twenty seconds where there are minutes, and five where an answer is due in thirty', () => {
  expect(transferMs(900)).toBe(20_000)
  expect(transferMs(29)).toBeGreaterThanOrEqual(5000)
  expect(longestMs(60_000)).toBeGreaterThan(120_000)
})

it('is what the SDK is told: four attempts, and an attempt ends when its time is up', () => {
  expect(clientOptions(5000)).toEqual({
    maxAttempts: 4,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true },
  })
})

describe('every client of the platform is made with that', () => {
  const { table, control } = attemptMs
  const platform = createPlatform(
    readEnvironment({
      SLUICE_FUNCTION: 'api',
      SLUICE_STAGE: 'dev',
      SLUICE_CONTROL_TABLE: 'control',
      SLUICE_BUCKET: 'blobs',
      SLUICE_TIMEOUT_SECONDS: '29',
      SLUICE_JOB_QUEUES: 'queue',
      SLUICE_JOB_DEFINITION_PREFIX: 'sluice-dev-',
      SLUICE_JOB_LOG_GROUP: 'jobs',
      SLUICE_DISK_GIB: '200',
      SLUICE_STATE_MACHINES: JSON.stringify({ m: 'arn:aws:states:eu-west-1:123456789012:stateMachine:m:live' }),
      SLUICE_SIGNING_KEY: 'key',
      SLUICE_SCHEDULE_GROUP: 'sluice-dev',
      SLUICE_SCHEDULE_TARGET: 'target',
      SLUICE_SCHEDULE_ROLE: 'role',
      SLUICE_SCHEDULE_DLQ: 'queue',
    }),
  )
  const clients: [string, Parameters<typeof mockClient>[0], number, () => Promise<unknown>][] = [
    ['DynamoDB', DynamoDBClient, table, () => platform.table.get({ pk: 'a', sk: 'b' })],
    ['S3', S3Client, transferMs(29), () => platform.blobs.head('jobs/a')],
    ['Batch', BatchClient, control, () => platform.compute.describe('a')],
    ['CloudWatch Logs', CloudWatchLogsClient, control, () => platform.compute.logTail('a', 1)],
    ['Step Functions', SFNClient, control, () => platform.workflows.describe('a')],
    ['Scheduler', SchedulerClient, control, () => platform.schedules.delete('a')],
    ['KMS', KMSClient, control, () => platform.signer.publicKey()],
    ['Secrets Manager', SecretsManagerClient, control, () => platform.secrets.read('a')],
  ]

  it.each(clients)('%s', async (name, client, requestTimeout, call) => {
    if (name === 'CloudWatch Logs') ranWithLog()
    const mock = mockClient(client).rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException' }))
    onTestFinished(() => mock.restore())
    await expect(call()).rejects.toThrow()
    const [{ thisValue } = { thisValue: undefined }] = mock.calls()
    const { config } = thisValue as unknown as Made
    expect(await config.maxAttempts()).toBe(4)
    const limits = { connectionTimeout: 1000, requestTimeout, throwOnRequestTimeout: true }
    expect(await config.requestHandler.configProvider).toMatchObject(limits)
  })

  /** What the SDK keeps of a client's options. */
  interface Made {
    config: { maxAttempts(): Promise<number>; requestHandler: { configProvider: Promise<object> } }
  }

  function ranWithLog(): void {
    const job = { jobId: 'j', jobName: 'a', createdAt: 1 }
    const ran = { ...job, jobQueue: 'queue', jobDefinition: 'd', startedAt: 1, status: JobStatus.FAILED }
    const batch = mockClient(BatchClient)
    batch.on(ListJobsCommand).resolves({ jobSummaryList: [job] })
    batch.on(DescribeJobsCommand).resolves({ jobs: [{ ...ran, container: { logStreamName: 's' } }] })
    onTestFinished(() => batch.restore())
  }
})
