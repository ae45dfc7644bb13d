import { beforeEach, describe, expect, it } from 'vitest'
import { findDrop } from '../../core/datasets/drop-store.ts'
import { attemptName } from '../../core/jobs/artifacts.ts'
import { getJob } from '../../core/jobs/job-store.ts'
import { startExecution } from '../../core/jobs/run-execution.ts'
import { viewJob } from '../../core/jobs/view-job.ts'
import { createEventHandler } from '../../functions/lambda/event-handler.ts'
import { admitted, prepared } from '../core/support/driven-job.ts'
import { createTestPlatform, type TestPlatform } from '../core/support/test-platform.ts'
import { saveCheckpoint } from '../support/instant-compute.ts'
import { batchJobStateChange, batchQueueBlocked, executionStatusChange, objectCreated } from './support/aws-events.ts'
import { context, type TestEntry, testEntry } from './support/test-entry.ts'

let platform: TestPlatform
beforeEach(() => {
  platform = createTestPlatform()
})

const consume = (entry: TestEntry, event: unknown) => createEventHandler(entry)(event, context)

describe('a new object', () => {
  it('under drops/ becomes a dataset version, once, however often it is told', async () => {
    const key = 'drops/train/ä b.jsonl'
    await platform.blobs.put(key, '{"prompt":"p","completion":"c"}\n', 'any')
    const entry = testEntry('intake-drop', platform)
    await consume(entry, objectCreated(key))
    expect(await findDrop(platform.table, key)).toMatchObject({ status: 'accepted', dataset: 'train', rows: 1 })
    const written = entry.writes.length
    await consume(entry, objectCreated(key))
    expect(entry.writes).toHaveLength(written)
  })

  it('that is a segment is ingested, once', async () => {
    const job = await admitted(platform)
    const { spec, folder } = await prepared(platform, job.id)
    await saveCheckpoint(spec, folder, 3)
    const key = `jobs/${job.id}/stages/0-sft/attempts/1/metrics/00000000.jsonl`
    const entry = testEntry('ingest-metrics', platform)
    await consume(entry, objectCreated(key))
    expect((await viewJob(platform, job.id)).stages[0]).toMatchObject({ latest: { total_loss: expect.any(Number) } })
    const written = entry.writes.length
    expect(written).toBeGreaterThan(0)
    await consume(entry, objectCreated(key))
    expect(entry.writes).toHaveLength(written)
    // Every segment of every run would be a line.
    expect(entry.lines).toEqual([])
  })

  it('that lies where the grants do not reach is not read, whatever the event says', async () => {
    await platform.blobs.put('models/m/x.jsonl', '{}\n', 'any')
    const entry = testEntry('intake-drop', platform)
    await expect(consume(entry, objectCreated('models/m/x.jsonl'))).rejects.toThrow(
      'function intake-drop uses blobs.head on key models/m/x.jsonl',
    )
    expect(entry.writes).toEqual([])
  })

  it('that is no segment throws the reason and writes nothing', async () => {
    const entry = testEntry('ingest-metrics', platform)
    await expect(consume(entry, objectCreated('jobs/x/metrics/y.jsonl'))).rejects.toThrow(
      'not the key of a metrics segment',
    )
    expect(entry.writes).toEqual([])
    expect(entry.lines).toMatchObject([{ level: 'ERROR', message: 'failed' }, { fault_invalid: 1 }])
  })
})

describe('a compute job', () => {
  it.each([
    ['compute-changed', (name: string) => batchJobStateChange(name, 'RUNNING')],
    ['queue-blocked', batchQueueBlocked],
  ])('that %s tells of is looked at, once there is something new', async (consumer, eventOf) => {
    const job = await admitted(platform)
    await prepared(platform, job.id)
    const name = attemptName(job.id, 0, 1)
    await platform.compute.submit({ name, definition: 'tiny-trainer', environment: {}, timeoutSeconds: 60 })
    const entry = testEntry(consumer, platform)
    await consume(entry, eventOf(name))
    const [stage] = (await getJob(platform.table, job.id)).stages
    expect(stage?.attempts[0]?.compute).toMatchObject({ status: 'running' })
    expect(entry.lines).toContainEqual(expect.objectContaining({ message: 'done', subject: name }))
    const written = entry.writes.length
    await consume(entry, eventOf(name))
    expect(entry.writes).toHaveLength(written)
  })

  it('of somebody else is passed over', async () => {
    const entry = testEntry('compute-changed', platform)
    await consume(entry, batchJobStateChange('nightly-etl', 'FAILED'))
    expect(entry.writes).toEqual([])
  })
})

describe('an execution', () => {
  it('that ended while its job was open ends the job, once', async () => {
    const job = await admitted(platform)
    await startExecution(platform, { job: job.id, run: 1 })
    platform.workflows.end(`${job.id}-1`, 'timed_out')
    const entry = testEntry('execution-ended', platform)
    await consume(entry, executionStatusChange(`${job.id}-1`, 'TIMED_OUT'))
    expect(await getJob(platform.table, job.id)).toMatchObject({
      status: 'failed',
      reason: { code: 'execution_timed_out' },
    })
    const written = entry.writes.length
    await consume(entry, executionStatusChange(`${job.id}-1`, 'TIMED_OUT'))
    expect(entry.writes).toHaveLength(written)
  })

  it('of another machine is passed over', async () => {
    const entry = testEntry('execution-ended', platform)
    await consume(entry, executionStatusChange('nightly-etl', 'FAILED'))
    expect(entry.writes).toEqual([])
  })
})

describe('an event that is not as AWS documents it', () => {
  const object = objectCreated('drops/a/b.jsonl')
  const batch = batchJobStateChange('j', 'RUNNING')
  const execution = executionStatusChange('e', 'FAILED')

  it.each<[string, string, unknown]>([
    ['intake-drop', 'of another service', batch],
    ['intake-drop', 'about another change', { ...object, 'detail-type': 'Object Deleted' }],
    ['intake-drop', 'without key', { ...object, detail: { ...object.detail, object: { size: 5, etag: 'x' } } }],
    ['ingest-metrics', 'in the shape of S3`s own notifications', { Records: [{ s3: { object: { key: 'a' } } }] }],
    ['compute-changed', 'with a status that Batch does not have', batchJobStateChange('j', 'DONE')],
    ['compute-changed', 'of another kind', batchQueueBlocked('j')],
    ['queue-blocked', 'of another kind', batch],
    ['execution-ended', 'without name', { ...execution, detail: { ...execution.detail, name: undefined } }],
    ['execution-ended', 'that is nothing', undefined],
  ])('for %s, %s, throws the reason and writes nothing', async (name, _what, event) => {
    const entry = testEntry(name, platform)
    const error = await consume(entry, event).catch((each: Error) => each)
    // A dead-letter queue keeps the message and nothing else of an error.
    expect(error).toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/^event for \S+ cannot be read: \//),
    })
    expect(entry.writes).toEqual([])
    expect(entry.lines).toContainEqual(expect.objectContaining({ fault_invalid: 1 }))
  })

  it('but only holds more than is known is taken', async () => {
    const entry = testEntry('compute-changed', platform)
    await consume(entry, {
      ...batch,
      'replay-name': 'r',
      detail: { ...batch.detail, isCancelled: false, newField: {} },
    })
    expect(entry.lines).toContainEqual(expect.objectContaining({ message: 'done' }))
  })
})
