import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventTime } from '../../adapters/embedded/compute-end.ts'
import { tailLines } from '../../adapters/embedded/compute-log.ts'
import { parseIdentity } from '../../adapters/embedded/compute-process.ts'
import { type ComputeFixture, openCompute } from '../support/asl-compute-fixture.ts'
import { until } from '../support/asl-until.ts'
import { tempDir } from '../support/temp-dir.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

describe('child processes', () => {
  let directory: string
  let fixture: ComputeFixture

  beforeEach(() => {
    directory = tempDir()
    fixture = openCompute(directory)
  })

  afterEach(async () => {
    await fixture.compute.close({ terminate: true })
    fixture.database.close()
  })

  const submit = (name: string, definition: string, environment: Record<string, string> = {}, timeoutSeconds = 60) =>
    fixture.compute.submit({ name, definition, environment, timeoutSeconds })

  it('give their command the default handling of SIGTERM, not an ignored one', async () => {
    await submit('signals', 'status')
    await fixture.ended('signals')
    const status = await fixture.compute.logTail('signals', 100)
    const ignored = Number.parseInt(status.find((line) => line.startsWith('SigIgn'))?.split('\t')[1] ?? 'x', 16)
    const SIGTERM_BIT = 1 << (15 - 1)
    expect(ignored & SIGTERM_BIT).toBe(0)
  })

  it.each([
    ['SIGKILL', 137],
    ['SIGTERM', 143],
  ] as const)('report a command that %s ended as %i', async (signal, exitCode) => {
    await submit('victim', 'sleeper')
    const command = await until('the command to run', () => commandOf('victim'))
    process.kill(command, signal)
    const record = await fixture.ended('victim')
    expect(record).toMatchObject({ status: 'failed', exitCode, statusReason: 'Essential container in task exited' })
  })

  /** The pid of the job's command, undefined before it runs. */
  function commandOf(name: string): number | undefined {
    const uid = fixture.database.prepare('select uid from compute_job where name = ?').get(name)?.uid
    const note = `${directory}/jobs/.supervisor/${uid}.pid`
    if (!existsSync(note)) return undefined
    const supervisor = readFileSync(note, 'utf8').split('\n')[0]
    const children = readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, 'utf8').trim().split(' ')
    return children.map(Number).find((pid) => pid > 1 && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'sleep')
  }

  it('see only the given environment, the job before the definition', async () => {
    await submit('env', 'environment', { BOTH: 'job', GIVEN: 'a "b" $c\nd' })
    await fixture.ended('env')
    const lines = await fixture.compute.logTail('env', 100)
    expect(lines).toEqual(expect.arrayContaining(['FROM=definition', 'BOTH=job', 'GIVEN=a "b" $c', 'd']))
    const names = lines.flatMap((line) => /^([A-Z_]+)=/.exec(line)?.[1] ?? []).toSorted()
    expect(names).toEqual(expect.arrayContaining(['HOME', 'PATH']))
    expect(
      names.filter((name) => !['BOTH', 'FROM', 'GIVEN', 'HOME', 'OLDPWD', 'PATH', 'PWD', 'SHLVL', '_'].includes(name)),
    ).toEqual([])
  })

  it('are programs: a word of the shell is not run', async () => {
    await submit('builtin', 'builtin')
    expect(await fixture.ended('builtin')).toMatchObject({ status: 'failed', exitCode: 127 })
  })

  it('that cannot be started are failed records with the reason', async () => {
    await submit('missing', 'missing')
    const record = await fixture.ended('missing')
    expect(record).toMatchObject({
      status: 'failed',
      exitCode: 127,
      statusReason: expect.stringMatching(/^CannotStartContainerError/),
    })
  })

  it('take down what they left running in their group', async () => {
    await submit('orphans', 'orphans')
    expect(await fixture.ended('orphans')).toMatchObject({ status: 'succeeded' })
    const orphan = Number((await fixture.compute.logTail('orphans', 1))[0])
    await until('the orphan to end', () => !isRunning(orphan))
  })

  function isRunning(pid: number): boolean {
    try {
      return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    } catch {
      return false
    }
  }

  it('that have ended are not failed by a termination that comes before their end was noticed', async () => {
    await submit('just-ended', 'once', { SECONDS: '0.05' })
    await fixture.printed('just-ended', 'started')
    const uid = fixture.database.prepare('select uid from compute_job').get()?.uid
    // Holds the event loop, so that nothing can notice.
    while (!existsSync(`${directory}/jobs/.supervisor/${uid}.exit`))
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    await fixture.compute.terminate('just-ended', 'too late')
    expect(await fixture.compute.describe('just-ended')).toMatchObject({ status: 'succeeded', exitCode: 0 })
  })

  it('never end before they started, however coarse the times of files are', () => {
    const time = (text: string) => new Date(`2026-01-01T00:00:${text}Z`)
    expect(eventTime(time('05'), time('03').toISOString(), time('09'))).toBe(time('05').toISOString())
    expect(eventTime(time('02.996'), time('03').toISOString(), time('09'))).toBe(time('03').toISOString())
    expect(eventTime(time('10'), time('03').toISOString(), time('09'))).toBe(time('09').toISOString())
  })

  it('run in the order they were submitted, as many at a time as allowed', async () => {
    for (const name of ['first', 'second', 'third', 'fourth']) await submit(name, 'graceful')
    const statuses = async () => (await fixture.compute.listActive()).map(({ name, status }) => `${name} ${status}`)
    const become = (expected: string[]) =>
      until(expected.join(), async () => (await statuses()).join() === expected.join())
    await become(['first running', 'second running', 'third runnable', 'fourth runnable'])
    await fixture.printed('first', 'ready')
    await fixture.compute.terminate('first', 'make room')
    await become(['second running', 'third running', 'fourth runnable'])
  })

  it('are told about when they have ended', async () => {
    const ended: string[] = []
    const own = openCompute(tempDir(), { onEnded: ({ name, status }) => ended.push(`${name} ${status}`) })
    await own.compute.submit({ name: 'told', definition: 'exit', environment: {}, timeoutSeconds: 60 })
    await own.compute.idle()
    expect(ended).toEqual(['told succeeded'])
    await own.compute.close()
    own.database.close()
  })

  it('that run too long are ended at their time limit, on the clock', async () => {
    const clock = createVirtualClock()
    const own = openCompute(tempDir(), { clock })
    await own.compute.submit({ name: 'slow', definition: 'stubborn', environment: {}, timeoutSeconds: 3_600 })
    await own.printed('slow', 'ready')
    await until('the job to run', async () => (await own.compute.describe('slow'))?.status === 'running')
    await clock.advance(3_599_000)
    expect(await own.compute.describe('slow')).toMatchObject({ status: 'running' })
    await clock.advance(2_000)
    const record = await own.ended('slow')
    expect(record).toMatchObject({
      status: 'failed',
      statusReason: 'Job attempt duration exceeded timeout',
      exitCode: 137,
    })
    await own.compute.close()
    own.database.close()
  })

  it('survive a database that fails for a while: the job is looked at again', async () => {
    const own = openCompute(tempDir())
    await own.compute.submit({ name: 'job', definition: 'graceful', environment: {}, timeoutSeconds: 60 })
    await own.printed('job', 'ready')
    own.database.exec('alter table compute_job rename to gone')
    await expect(own.compute.terminate('job', 'enough')).rejects.toThrow()
    own.database.exec('alter table gone rename to compute_job')
    await own.compute.terminate('job', 'enough')
    expect(await own.ended('job')).toMatchObject({ status: 'failed', statusReason: 'enough' })
    await own.compute.close()
    own.database.close()
  })

  it('are never the own group or init, whatever a note says', () => {
    for (const note of ['', '0\n', '1\nboot\n', '-5\n', 'NaN\n']) expect(parseIdentity(note)).toBeUndefined()
    expect(parseIdentity('42\nboot\n42 (a ) b) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987 1\n')).toEqual({
      pid: 42,
      boot: 'boot',
      startTime: '987',
    })
  })

  it('have a log whose tail is read without reading it whole', () => {
    const file = `${directory}/big.log`
    writeFileSync(file, `${'x'.repeat(400_000)}\n${'é'.repeat(150_000)}\nlast\n`)
    expect(tailLines(file, 5)).toEqual(['last'])
    writeFileSync(file, Array.from({ length: 100_000 }, (_, index) => `line ${index}`).join('\n'))
    expect(tailLines(file, 2)).toEqual(['line 99998', 'line 99999'])
    expect(tailLines(`${directory}/none.log`, 2)).toEqual([])
  })
})
