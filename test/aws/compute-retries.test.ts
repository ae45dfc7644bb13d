import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ComputeJob } from '../../core/platform/ports.ts'
import { type BatchFixture, openBatch } from '../support/batch-fixture.ts'
import { AwsError } from '../support/batch-http.ts'
import { type BatchServer, startBatchServer } from '../support/batch-server.ts'
import { tempDir } from '../support/temp-dir.ts'

const SUBMIT = '/v1/submitjob'
const throttled = new AwsError('TooManyRequestsException', 'Too Many Requests', 429)
const down = new AwsError('ServerException', 'the service is down', 500)

describe('Compute on AWS Batch, over connections that fail', () => {
  let server: BatchServer
  let fixture: BatchFixture

  beforeEach(async () => {
    server = await startBatchServer(tempDir())
    fixture = openBatch(server.endpoint, server)
  })

  afterEach(async () => {
    fixture.close()
    await server.stop()
  })

  const job = (name: string, definition = 'graceful'): ComputeJob => ({
    name,
    definition,
    environment: {},
    timeoutSeconds: 60,
  })

  it('outlasts a throttled second and a fault of the service', async () => {
    server.failNext(SUBMIT, throttled, down)
    const { id } = await fixture.compute.submit(job('patient', 'exit'))
    expect(server.calls.get(SUBMIT)).toBe(3)
    expect(await fixture.ended('patient')).toMatchObject({ id, status: 'succeeded' })
  })

  it('gives up after four attempts', async () => {
    server.failNext(SUBMIT, down, down, down, down, down)
    await expect(fixture.compute.submit(job('unlucky'))).rejects.toMatchObject({ code: 'busy' })
    expect(server.calls.get(SUBMIT)).toBe(4)
    expect(await fixture.compute.describe('unlucky')).toBeUndefined()
  })

  it('gives up on a server that does not answer', async () => {
    const hasty = openBatch(server.endpoint, server, { requestMs: 50 })
    server.failNext('/v1/listjobs', ...Array<'silence'>(8).fill('silence'))
    await expect(hasty.compute.describe('anyone')).rejects.toMatchObject({ code: 'busy' })
    hasty.close()
  })

  it('leaves one job where the answer to SubmitJob is lost and the SDK submits again', async () => {
    server.failNext(SUBMIT, 'answer lost')
    const { id } = await fixture.compute.submit(job('once'))
    expect(server.calls.get(SUBMIT)).toBe(2)
    expect(await fixture.compute.listActive()).toMatchObject([{ id, name: 'once' }])
    expect(await fixture.compute.submit(job('once'))).toMatchObject({ id })
    await fixture.compute.terminate('once', 'end of test')
    expect(await fixture.ended('once')).toMatchObject({ id, statusReason: 'end of test' })
  })

  it('leaves one job where several processes submit its name at the same time', async () => {
    const others = Array.from({ length: 3 }, () => openBatch(server.endpoint, server))
    const records = await Promise.all([fixture, ...others].map(({ compute }) => compute.submit(job('race'))))
    expect(new Set(records.map(({ id }) => id)).size).toBe(1)
    expect(await fixture.compute.listActive()).toMatchObject([{ id: records[0]?.id }])
    await fixture.compute.terminate('race', 'end of test')
    await fixture.ended('race')
    for (const other of others) other.close()
  })

  it('reads as much of a log as is asked for, over partial and empty pages', async () => {
    const lines = Array.from({ length: 10 }, (_, index) => `line ${index}`)
    await fixture.compute.submit({ ...job('chatty', 'exit'), environment: { GREETING: lines.join('\n') } })
    await fixture.ended('chatty')
    const whole = [`out ${lines[0]}`, ...lines.slice(1), 'err']
    expect(await fixture.compute.logTail('chatty', 100)).toEqual(whole)
    expect(await fixture.compute.logTail('chatty', 5)).toEqual(whole.slice(-5))
  })

  it('knows the active definitions of its own deployment only', async () => {
    for (const definition of ['retired', 'of-somebody-else', '', 'exit:1', '*'])
      await expect(fixture.compute.describeDefinition(definition)).rejects.toMatchObject({
        code: 'not_found',
        message: expect.stringMatching(/use one of builtin, environment, exit, graceful, missing, .*, stubborn$/),
      })
  })

  it('names every variable that Batch would not take', async () => {
    const environment = { AWS_BATCH_JOB_ID: 'x', 'not/one': 'x', ZERO: '\0', GOOD: 'x' }
    await expect(fixture.compute.submit({ ...job('bad'), environment })).rejects.toMatchObject({
      code: 'invalid',
      errors: [
        { pointer: '/environment/AWS_BATCH_JOB_ID' },
        { pointer: '/environment/not~1one' },
        { pointer: '/environment/ZERO' },
      ],
    })
  })

  it('finds a job on whichever queue it is, over many pages', async () => {
    const onDemand = openBatch(server.endpoint, { ...server, queues: server.queues.toReversed() })
    const names = ['one', 'two', 'three', 'four', 'five']
    for (const [index, name] of names.entries())
      await (index % 2 ? onDemand : fixture).compute.submit(job(name, 'graceful'))
    expect((await fixture.compute.listActive()).map(({ name }) => name)).toEqual(names)
    expect(await fixture.compute.describe('two')).toMatchObject({ name: 'two' })
    for (const name of names) await onDemand.compute.terminate(name, 'end of test')
    await Promise.all(names.map(fixture.ended))
    expect(await fixture.compute.listActive()).toEqual([])
    onDemand.close()
  })
})
