import {
  BatchClient,
  DescribeJobDefinitionsCommand,
  DescribeJobsCommand,
  type JobDetail,
  ListJobsCommand,
  SubmitJobCommand,
  TerminateJobCommand,
} from '@aws-sdk/client-batch'
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { createCompute } from '../../adapters/aws/compute.ts'
import { createRecentIds } from '../../adapters/aws/compute-recent-ids.ts'
import type { Compute, ComputeJob } from '../../core/platform/ports.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const [spot, onDemand] = ['arn:aws:batch:us-east-1:1:job-queue/spot', 'arn:aws:batch:us-east-1:1:job-queue/on-demand']
const work: ComputeJob = { name: 'work', definition: 'sft', environment: { A: '1' }, timeoutSeconds: 30 }

const error = (name: string, more: object = {}) => Object.assign(new Error(`${name} of AWS`), { name, ...more })
const job = (jobId: string, createdAt: number, more: Partial<JobDetail> = {}): JobDetail => ({
  jobId,
  jobName: 'work',
  jobQueue: spot,
  jobDefinition: 'sluice-sft',
  status: 'RUNNABLE',
  startedAt: undefined,
  createdAt,
  ...more,
})

describe('Compute on AWS Batch, when calls fail', () => {
  const batch = mockClient(BatchClient)
  const logs = mockClient(CloudWatchLogsClient)
  let compute: Compute

  beforeEach(() => {
    batch.reset()
    logs.reset()
    batch.on(ListJobsCommand).resolves({ jobSummaryList: [] })
    batch.on(DescribeJobsCommand).resolves({ jobs: [] })
    batch.on(DescribeJobDefinitionsCommand).resolves({
      jobDefinitions: [{ jobDefinitionName: 'sluice-sft', jobDefinitionArn: 'arn', revision: 1, type: 'container' }],
    })
    batch.on(SubmitJobCommand).resolves({ jobId: 'mine', jobName: 'work' })
    compute = createCompute({
      batch: new BatchClient({ region: 'us-east-1' }),
      logs: new CloudWatchLogsClient({ region: 'us-east-1' }),
      clock: createVirtualClock({ autoAdvance: true }),
      queues: [spot, onDemand],
      definitionPrefix: 'sluice-',
      logGroup: 'jobs',
      diskBytes: 1,
    })
  })

  const listed = (...jobs: JobDetail[]) =>
    batch.on(ListJobsCommand, { jobQueue: spot }).resolves({ jobSummaryList: jobs })
  const terminated = () => batch.commandCalls(TerminateJobCommand).map(({ args: [{ input }] }) => input)

  it.each([
    error('TooManyRequestsException', { $metadata: { httpStatusCode: 429 } }),
    error('ServerException', { $metadata: { httpStatusCode: 500 } }),
    error('TimeoutError'),
    error('Error', { code: 'ECONNRESET' }),
    error('BadGateway', { $metadata: { httpStatusCode: 502 } }),
    error('UnknownError', { $metadata: { httpStatusCode: 429 } }),
  ])('is busy when $message outlasts the retries', async (failure) => {
    batch.on(ListJobsCommand).rejects(failure)
    for (const call of [
      compute.submit(work),
      compute.describe('work'),
      compute.listActive(),
      compute.terminate('work', 'x'),
    ])
      await expect(call).rejects.toMatchObject({ code: 'busy', cause: failure })
  })

  it('tells in the words of AWS what it refused', async () => {
    batch.on(SubmitJobCommand).rejects(error('ClientException', { $metadata: { httpStatusCode: 400 } }))
    await expect(compute.submit(work)).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringMatching(/SubmitJob of job "work".*ClientException of AWS/),
    })
  })

  it('submits to the first queue, with a share, at least a minute and the environment', async () => {
    batch
      .on(ListJobsCommand, { jobQueue: spot })
      .resolvesOnce({ jobSummaryList: [] })
      .resolves({ jobSummaryList: [job('mine', 5)] })
    expect(await compute.submit(work)).toMatchObject({ id: 'mine', status: 'runnable' })
    expect(batch.commandCalls(SubmitJobCommand).map(({ args: [{ input }] }) => input)).toEqual([
      {
        jobName: 'work',
        jobQueue: spot,
        jobDefinition: 'sluice-sft',
        shareIdentifier: 'default',
        timeout: { attemptDurationSeconds: 60 },
        containerOverrides: { environment: [{ name: 'A', value: '1' }] },
      },
    ])
  })

  it.each([
    { other: job('other', 4), kept: 'other', ended: 'mine' },
    { other: job('other', 6), kept: 'mine', ended: 'other' },
    { other: job('aaa', 5), kept: 'aaa', ended: 'mine' },
    { other: job('zzz', 5), kept: 'mine', ended: 'zzz' },
  ])('keeps the oldest of two jobs of one name: $kept', async ({ other, kept, ended }) => {
    batch
      .on(ListJobsCommand, { jobQueue: spot })
      .resolvesOnce({ jobSummaryList: [] })
      .resolves({ jobSummaryList: [job('mine', 5), other].toReversed() })
    expect(await compute.submit(work)).toMatchObject({ id: kept })
    expect(terminated()).toEqual([{ jobId: ended, reason: 'A job of this name exists already' }])
    batch.on(DescribeJobsCommand, { jobs: [kept] }).resolves({ jobs: [job(kept, 4)] })
    expect(await compute.describe('work')).toMatchObject({ id: kept })
  })

  it('looks again until Batch lists the job that it submitted, so that an older one shows too', async () => {
    batch
      .on(ListJobsCommand, { jobQueue: spot })
      .resolvesOnce({ jobSummaryList: [] })
      .resolvesOnce({ jobSummaryList: [] })
      .resolvesOnce({ jobSummaryList: [] })
      .resolves({ jobSummaryList: [job('mine', 5), job('other', 4)] })
    expect(await compute.submit(work)).toMatchObject({ id: 'other' })
    expect(terminated()).toHaveLength(1)
  })

  it('describes the job that it submitted where no listing shows it', async () => {
    batch.on(DescribeJobsCommand, { jobs: ['mine'] }).resolves({ jobs: [job('mine', 5)] })
    expect(await compute.submit(work)).toMatchObject({ id: 'mine' })
    expect(await compute.describe('work')).toMatchObject({ id: 'mine' })
    await compute.terminate('work', 'enough')
    expect(terminated()).toEqual([{ jobId: 'mine', reason: 'enough' }])
  })

  it('ends the younger twin that an earlier submit could not end', async () => {
    listed(job('young', 2), job('old', 1))
    batch.on(TerminateJobCommand).rejectsOnce(error('TooManyRequestsException')).resolves({})
    batch.on(DescribeJobsCommand).resolves({ jobs: [job('young', 2)] })
    await expect(compute.submit(work)).rejects.toMatchObject({ code: 'busy' })
    expect(await compute.submit(work)).toMatchObject({ id: 'old' })
    expect(terminated().map(({ jobId }) => jobId)).toEqual(['young', 'young'])
    expect(batch.commandCalls(SubmitJobCommand)).toHaveLength(0)
  })

  it('submits nothing when a page of the listing fails', async () => {
    batch.on(ListJobsCommand, { jobQueue: spot }).resolves({ jobSummaryList: [], nextToken: 'two' })
    batch.on(ListJobsCommand, { jobQueue: spot, nextToken: 'two' }).rejects(error('ServerException'))
    await expect(compute.submit(work)).rejects.toMatchObject({ code: 'busy' })
    await expect(compute.listActive()).rejects.toMatchObject({ code: 'busy' })
    expect(batch.commandCalls(SubmitJobCommand)).toHaveLength(0)
  })

  it('goes on after an empty page, and takes no job whose name differs in case', async () => {
    batch.on(ListJobsCommand, { jobQueue: onDemand }).resolves({ jobSummaryList: [], nextToken: 'two' })
    batch
      .on(ListJobsCommand, { jobQueue: onDemand, nextToken: 'two' })
      .resolves({ jobSummaryList: [job('loud', 1, { jobName: 'WORK' }), job('quiet', 2)] })
    expect(await compute.describe('work')).toMatchObject({ id: 'quiet' })
  })

  it('lists a job once that moves on while it is listed, and one that a retry puts back', async () => {
    const at = (jobStatus: 'SUBMITTED' | 'RUNNABLE' | 'RUNNING') =>
      batch.on(ListJobsCommand, { jobQueue: spot, jobStatus })
    const [moving, back] = [{ jobName: 'moving' }, { jobName: 'back' }]
    at('SUBMITTED').resolves({ jobSummaryList: [job('1', 1, { ...moving, status: 'SUBMITTED' })] })
    at('RUNNING').resolves({ jobSummaryList: [job('1', 1, { ...moving, status: 'RUNNING' })] })
    at('RUNNABLE')
      .resolvesOnce({ jobSummaryList: [] })
      .resolves({ jobSummaryList: [job('2', 2, back)] })
    expect((await compute.listActive()).map(({ id, status }) => [id, status])).toEqual([
      ['1', 'running'],
      ['2', 'runnable'],
    ])
  })

  it('takes no offence when the job ends before TerminateJob reaches it', async () => {
    listed(job('mine', 1, { status: 'RUNNING' }))
    batch.on(TerminateJobCommand).rejects(error('ClientException'))
    batch.on(DescribeJobsCommand).resolves({ jobs: [job('mine', 1, { status: 'SUCCEEDED' })] })
    await compute.terminate('work', 'enough')
    batch.on(DescribeJobsCommand).resolves({ jobs: [job('mine', 1, { status: 'RUNNING' })] })
    await expect(compute.terminate('work', 'enough')).rejects.toMatchObject({ code: 'internal' })
  })

  it('terminates every job of the name that still runs and is not being ended yet', async () => {
    listed(
      job('done', 1, { status: 'FAILED' }),
      job('two', 2),
      job('ending', 3, { isTerminated: true }),
      job('four', 4, { status: 'RUNNING' }),
    )
    await compute.terminate('work', '')
    expect(terminated()).toEqual(['two', 'four'].map((jobId) => ({ jobId, reason: 'terminated' })))
  })

  it('forgets a job that Batch has forgotten', async () => {
    listed(job('mine', 1))
    batch.on(DescribeJobsCommand).resolves({ jobs: [job('mine', 1)] })
    expect(await compute.describe('work')).toMatchObject({ id: 'mine' })
    listed()
    batch.on(DescribeJobsCommand).resolves({ jobs: [] })
    expect(await compute.describe('work')).toBeUndefined()
  })

  it('finds the job that has the name now where the one that had it is forgotten', async () => {
    listed(job('mine', 1))
    batch
      .on(DescribeJobsCommand, { jobs: ['mine'] })
      .resolvesOnce({ jobs: [job('mine', 1)] })
      .resolves({ jobs: [] })
    expect(await compute.describe('work')).toMatchObject({ id: 'mine' })
    listed(job('next', 2))
    expect(await compute.describe('work')).toMatchObject({ id: 'next' })
  })

  it('remembers the names used last', () => {
    const ids = createRecentIds()
    for (let index = 0; index <= 1_000; index++) {
      ids.remember(`job-${index}`, `${index}`)
      ids.remember('kept', 'id')
    }
    expect([ids.get('job-0'), ids.get('kept'), ids.get('job-1000')]).toEqual([undefined, 'id', '1000'])
  })

  it('adds what the container said to the reason, and shows no exit code of an earlier attempt', async () => {
    const attempts = [{ container: { exitCode: 137, logStreamName: 'first' } }]
    const container = { exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' }
    const failed = {
      status: 'FAILED' as const,
      statusReason: 'Essential container in task exited',
      attempts,
      container,
    }
    listed(job('mine', 1))
    batch
      .on(DescribeJobsCommand)
      .resolvesOnce({ jobs: [job('mine', 1, { status: 'RUNNABLE', startedAt: 0, attempts })] })
      .resolvesOnce({ jobs: [job('mine', 1, failed)] })
      .resolvesOnce({
        jobs: [job('mine', 1, { ...failed, statusReason: 'Host EC2 (instance i-0) terminated.', container: {} })],
      })
    const waiting = await compute.describe('work')
    expect([waiting?.exitCode, waiting?.startedAt]).toEqual([undefined, undefined])
    expect(await compute.describe('work')).toMatchObject({
      exitCode: 137,
      statusReason: 'Essential container in task exited: OutOfMemoryError: Container killed due to memory usage',
    })
    expect((await compute.describe('work'))?.statusReason).toBe('Host EC2 (instance i-0) terminated.')
    batch
      .on(DescribeJobsCommand)
      .resolves({ jobs: [job('mine', 1, { ...failed, statusReason: 'enough', isTerminated: true })] })
    expect((await compute.describe('work'))?.statusReason).toBe('enough')
  })

  it('reads the log of the latest attempt; a stream that does not exist is empty, one that cannot be read is busy', async () => {
    const attempts = [{ container: { logStreamName: 'first' } }]
    const running = job('mine', 1, { status: 'RUNNING', attempts, container: { logStreamName: 'second' } })
    listed(running)
    batch.on(DescribeJobsCommand).resolves({ jobs: [running] })
    logs
      .on(GetLogEventsCommand, { logGroupName: 'jobs', logStreamName: 'second' })
      .resolvesOnce({ events: [{ message: 'a\nb\n' }, { message: 'c' }], nextBackwardToken: 'head' })
      .rejectsOnce(error('ResourceNotFoundException'))
      .rejects(error('ThrottlingException'))
    expect(await compute.logTail('work', 2)).toEqual(['b', 'c'])
    expect(await compute.logTail('work', 2)).toEqual([])
    await expect(compute.logTail('work', 2)).rejects.toMatchObject({ code: 'busy' })
  })
})
