import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ComputeJob } from '../../core/platform/ports.ts'
import { type BatchFixture, openBatch } from '../support/batch-fixture.ts'
import { type MotoBatch, startMotoBatch } from '../support/batch-moto.ts'
import { describeOnMoto } from '../support/moto.ts'

// moto looks at a container every 0.5 s and hands over its log when it has ended.
const PATIENCE_MS = 30_000

describeOnMoto('Compute: AWS Batch, on moto', () => {
  let moto: MotoBatch
  let fixture: BatchFixture

  beforeAll(async () => {
    moto = await startMotoBatch()
    fixture = openBatch(moto.endpoint, moto, { patienceMs: PATIENCE_MS })
  })

  afterAll(async () => {
    fixture?.close()
    await moto?.stop()
  })

  const job = (name: string, definition: string, environment: Record<string, string> = {}): ComputeJob => ({
    name,
    definition,
    environment,
    timeoutSeconds: 60,
  })

  it('runs a job to success and reads its times and output', async () => {
    const submitted = await fixture.compute.submit(job('good', 'exit', { GREETING: 'hello; $(id)' }))
    expect(submitted).toMatchObject({ name: 'good' })
    const record = await fixture.ended('good')
    expect(record).toMatchObject({ id: submitted.id, status: 'succeeded', createdAt: submitted.createdAt })
    expect(Date.parse(record.stoppedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(record.startedAt ?? ''))
    expect(await fixture.compute.logTail('good', 10)).toEqual(expect.arrayContaining(['out hello; $(id)', 'err']))
    expect(await fixture.compute.logTail('good', 0)).toEqual([])
  })

  it('reports a failure', async () => {
    await fixture.compute.submit(job('bad', 'exit', { CODE: '65' }))
    expect(await fixture.ended('bad')).toMatchObject({ status: 'failed' })
  })

  it('returns the first job for a second submit of its name, while it runs and after it has ended', async () => {
    const { compute, ended } = fixture
    const first = await compute.submit(job('twin', 'graceful'))
    expect(await compute.submit(job('twin', 'exit'))).toMatchObject({ id: first.id })
    await compute.terminate('twin', 'enough')
    await compute.terminate('twin', 'another reason')
    const record = await ended('twin')
    expect(record).toMatchObject({ id: first.id, status: 'failed', statusReason: 'enough' })
    expect(await compute.submit(job('twin', 'exit'))).toMatchObject({ id: first.id, status: 'failed' })
    await compute.terminate('twin', 'too late')
    expect(await compute.describe('twin')).toEqual(record)
  })

  it('lists the jobs that have not ended, and tells names apart that differ in case only', async () => {
    const { compute, ended } = fixture
    await compute.submit(job('Long', 'graceful'))
    await compute.submit(job('long', 'graceful'))
    expect((await compute.listActive()).map(({ name }) => name)).toEqual(['Long', 'long'])
    await compute.terminate('long', 'end of test')
    expect(await ended('long')).toMatchObject({ status: 'failed' })
    expect((await compute.listActive()).map(({ name }) => name)).toEqual(['Long'])
    await compute.terminate('Long', 'end of test')
    await ended('Long')
    expect(await compute.listActive()).toEqual([])
  })

  it('knows nothing of jobs that were never submitted', async () => {
    expect(await fixture.compute.describe('ghost')).toBeUndefined()
    expect(await fixture.compute.describe('goo*')).toBeUndefined()
    expect(await fixture.compute.logTail('ghost', 5)).toEqual([])
    await fixture.compute.terminate('ghost', 'nobody is there')
  })

  it('refuses a malformed job and an unknown definition', async () => {
    const bad = { name: 'no spaces', definition: 'nothing', environment: {}, timeoutSeconds: 0 }
    await expect(fixture.compute.submit(bad)).rejects.toMatchObject({
      code: 'invalid',
      errors: [{ pointer: '/name' }, { pointer: '/definition' }, { pointer: '/timeoutSeconds' }],
    })
    await expect(fixture.compute.describeDefinition('nothing')).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('graceful'),
    })
    expect((await fixture.compute.describeDefinition('exit')).freeDiskBytes).toBeGreaterThan(0)
  })
})
