import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Compute, ComputeJob, ComputeRecord } from '../../core/platform/ports.ts'

/**
 * What a driver's test provides. Definitions: `exit` prints "out $GREETING" and "err", and ends with $CODE (0 unless given);
 * `graceful` prints "ready" and runs until SIGTERM, then ends with 75; `stubborn` prints "ready" and ignores SIGTERM.
 */
export interface ComputeHarness {
  compute: Compute
  /** The record once the job has ended. */
  ended(name: string): Promise<ComputeRecord>
  /** Resolves when the job's output has such a line. */
  printed(name: string, line: string): Promise<void>
  /** How many jobs can run at the same time. */
  slots: number
  dispose(): Promise<void>
}

/** The behaviour of the Compute port, for every driver. */
export function computeContract(driver: string, setUp: () => Promise<ComputeHarness>): void {
  describe(`Compute: ${driver}`, () => {
    let harness: ComputeHarness
    let compute: Compute

    beforeEach(async () => {
      harness = await setUp()
      compute = harness.compute
    })

    afterEach(() => harness.dispose())

    function job(name: string, definition: string, environment: Record<string, string> = {}): ComputeJob {
      return { name, definition, environment, timeoutSeconds: 60 }
    }

    it('runs a job to success and keeps its exit code, times and output', async () => {
      const submitted = await compute.submit(job('good', 'exit', { GREETING: 'hello; $(id)' }))
      expect(submitted).toMatchObject({
        name: 'good',
        status: expect.stringMatching(/^(submitted|runnable|starting)$/),
      })
      const record = await harness.ended('good')
      expect(record).toMatchObject({ name: 'good', status: 'succeeded', exitCode: 0, createdAt: submitted.createdAt })
      expect(Date.parse(record.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(record.createdAt))
      expect(Date.parse(record.stoppedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(record.startedAt ?? ''))
      expect(await compute.logTail('good', 10)).toEqual(expect.arrayContaining(['out hello; $(id)', 'err']))
    })

    it.each([1, 64, 65, 70, 75, 255])('reports exit code %i as a failure', async (code) => {
      await compute.submit(job(`code-${code}`, 'exit', { CODE: String(code) }))
      expect(await harness.ended(`code-${code}`)).toMatchObject({ status: 'failed', exitCode: code })
    })

    it('returns the first job for a second submit of its name, while it runs and after it has ended', async () => {
      const first = await compute.submit(job('twin', 'graceful'))
      const second = await compute.submit(job('twin', 'exit', { CODE: '9' }))
      expect(second).toMatchObject({ id: first.id, createdAt: first.createdAt })
      await harness.printed('twin', 'ready')
      await compute.terminate('twin', 'enough')
      const ended = await harness.ended('twin')
      expect(await compute.submit(job('twin', 'exit'))).toEqual(ended)
    })

    it('ends a job gracefully on terminate, with the reason, and keeps the first reason', async () => {
      await compute.submit(job('stop-me', 'graceful'))
      await harness.printed('stop-me', 'ready')
      await compute.terminate('stop-me', 'cancelled by the owner')
      await compute.terminate('stop-me', 'another reason')
      const record = await harness.ended('stop-me')
      expect(record).toMatchObject({ status: 'failed', statusReason: 'cancelled by the owner', exitCode: 75 })
      await compute.terminate('stop-me', 'too late')
      expect(await compute.describe('stop-me')).toEqual(record)
    })

    it('leaves a job that has ended as it is', async () => {
      await compute.submit(job('done', 'exit'))
      const record = await harness.ended('done')
      await compute.terminate('done', 'too late')
      expect(await compute.describe('done')).toEqual(record)
    })

    it('kills a job that ignores SIGTERM after the grace period', async () => {
      await compute.submit(job('stubborn', 'stubborn'))
      await harness.printed('stubborn', 'ready')
      await compute.terminate('stubborn', 'enough')
      expect(await harness.ended('stubborn')).toMatchObject({ status: 'failed', statusReason: 'enough', exitCode: 137 })
    })

    it('never starts a job that is terminated while it waits', async () => {
      const running = Array.from({ length: harness.slots }, (_, index) => `busy-${index}`)
      for (const name of running) await compute.submit(job(name, 'graceful'))
      await compute.submit(job('waiting', 'exit'))
      for (const name of running) await harness.printed(name, 'ready')
      await compute.terminate('waiting', 'not needed')
      const record = await harness.ended('waiting')
      expect(record).toMatchObject({ status: 'failed', statusReason: 'not needed' })
      expect(record.startedAt).toBeUndefined()
      expect(record.exitCode).toBeUndefined()
      for (const name of running) await compute.terminate(name, 'end of test')
      await Promise.all(running.map(harness.ended))
      expect(await compute.logTail('waiting', 10)).toEqual([])
    })

    it('lists the jobs that have not ended', async () => {
      await compute.submit(job('short', 'exit'))
      await compute.submit(job('long', 'graceful'))
      await harness.ended('short')
      await harness.printed('long', 'ready')
      const [long, ...others] = await compute.listActive()
      expect(long).toMatchObject({ name: 'long', status: expect.stringMatching(/^(starting|running)$/) })
      expect(others).toEqual([])
      await compute.terminate('long', 'end of test')
      await harness.ended('long')
      expect(await compute.listActive()).toEqual([])
    })

    it('returns the last lines of the output', async () => {
      await compute.submit(job('tail', 'exit', { GREETING: 'a\nb\nc' }))
      await harness.ended('tail')
      expect(await compute.logTail('tail', 2)).toEqual(['c', 'err'])
      expect(await compute.logTail('tail', 0)).toEqual([])
    })

    it('knows nothing of jobs that were never submitted', async () => {
      expect(await compute.describe('ghost')).toBeUndefined()
      expect(await compute.logTail('ghost', 5)).toEqual([])
      await compute.terminate('ghost', 'nobody is there')
      expect(await compute.describe('ghost')).toBeUndefined()
    })

    it('describes a definition: its disk, and what is known of its image, GPUs and price', async () => {
      const known = await compute.describeDefinition('exit')
      expect(known.freeDiskBytes).toBeGreaterThan(0)
      expect(Object.keys(known).toSorted()).toEqual(['freeDiskBytes', 'gpuMemoryBytes', 'gpus', 'image', 'usdPerHour'])
      expect(known.image === null || known.image.length > 0).toBe(true)
      for (const figure of [known.gpus, known.gpuMemoryBytes, known.usdPerHour])
        expect(figure === null || figure >= 0, String(figure)).toBe(true)
      await expect(compute.describeDefinition('nothing')).rejects.toMatchObject({
        code: 'not_found',
        message: expect.stringContaining('compute definition "nothing" does not exist here; use one of'),
      })
    })

    it('refuses a malformed job with every problem at once', async () => {
      const environment = { 'A B': 'x', AWS_BATCH_JOB_ID: 'x', TEXT: 'a\0b', GOOD: 'x' }
      const bad = { name: 'no spaces', definition: 'nothing', environment, timeoutSeconds: 0 }
      const fault = await compute.submit(bad).catch((error: unknown) => error)
      expect(fault).toMatchObject({ code: 'invalid' })
      expect((fault as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer)).toEqual([
        '/name',
        '/definition',
        '/timeoutSeconds',
        '/environment/A B',
        '/environment/AWS_BATCH_JOB_ID',
        '/environment/TEXT',
      ])
      expect(await compute.describe('no spaces')).toBeUndefined()
    })
  })
}
