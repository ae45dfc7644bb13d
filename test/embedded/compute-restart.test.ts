import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { jobFiles, readClaim, startSupervisor } from '../../adapters/embedded/compute-supervisor.ts'
import { openCompute } from '../support/asl-compute-fixture.ts'
import type { CrashPoint } from '../support/asl-crashing-database.ts'
import { until } from '../support/asl-until.ts'
import { tempDir } from '../support/temp-dir.ts'

const job = { name: 'survivor', definition: 'once', environment: { SECONDS: '0.2', CODE: '70' }, timeoutSeconds: 60 }

function host(directory: string, options: { crash?: CrashPoint; job?: object } = {}): ChildProcess {
  const script = fileURLToPath(new URL('../support/asl-compute-host.ts', import.meta.url))
  return spawn(process.execPath, ['--no-warnings', script, JSON.stringify({ directory, job, ...options })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function hostUntilStarted(directory: string, environment: Record<string, string>): Promise<void> {
  const server = host(directory, { job: { ...job, environment } })
  await once(server.stdout as NodeJS.ReadableStream, 'data')
  server.kill('SIGKILL')
  await once(server, 'exit')
}

function startsIn(directory: string): number {
  return readFileSync(`${directory}/jobs/survivor.log`, 'utf8')
    .split('\n')
    .filter((line) => line === 'started').length
}

describe('a compute driver whose server was killed', () => {
  // The writes are: insert, starting, running, end.
  const points: CrashPoint[] = [
    { when: 'after', count: 1 },
    { when: 'before', count: 2 },
    { when: 'after', count: 2 },
    { when: 'before', count: 3 },
    { when: 'after', count: 3 },
    { when: 'before', count: 4 },
    { when: 'after', count: 4 },
  ]
  it.each(points)('runs the job exactly once when it died $when write $count', async (crash) => {
    const directory = tempDir()
    const [, signal] = await once(host(directory, { crash }), 'exit')
    expect(signal).toBe('SIGKILL')
    const { compute, ended, database } = openCompute(directory)
    await compute.resume()
    expect(await ended('survivor')).toMatchObject({
      status: 'failed',
      exitCode: 70,
      statusReason: 'Essential container in task exited',
    })
    expect(startsIn(directory)).toBe(1)
    await compute.close()
    database.close()
  })

  it('adopts a live job and records its end', async () => {
    const directory = tempDir()
    await hostUntilStarted(directory, { SECONDS: '0.5', CODE: '64' })
    const { compute, ended, database } = openCompute(directory)
    await compute.resume()
    expect(await compute.describe('survivor')).toMatchObject({ status: 'running' })
    expect(await ended('survivor')).toMatchObject({ status: 'failed', exitCode: 64 })
    await compute.close()
    database.close()
  })

  it('reads the exit code of a job that ended while no server ran, and when it did', async () => {
    const directory = tempDir()
    await hostUntilStarted(directory, { SECONDS: '0.05', CODE: '0' })
    await until('the job to end', () => readFileSync(`${directory}/jobs/survivor.log`, 'utf8').includes('finished'))
    await new Promise((resolve) => setTimeout(resolve, 300))
    const { compute, ended, database } = openCompute(directory)
    const before = Date.now()
    await compute.resume()
    const record = await ended('survivor')
    expect(record).toMatchObject({ status: 'succeeded', exitCode: 0 })
    expect(Date.parse(record.stoppedAt ?? '')).toBeLessThan(before - 100)
    await compute.close()
    database.close()
  })

  it('terminates a job that it adopted', async () => {
    const directory = tempDir()
    await hostUntilStarted(directory, { SECONDS: '60' })
    const { compute, ended, database } = openCompute(directory)
    await compute.resume()
    await until('the job to be adopted', async () => (await compute.describe('survivor'))?.status === 'running')
    await compute.terminate('survivor', 'not wanted any more')
    expect(await ended('survivor')).toMatchObject({
      status: 'failed',
      statusReason: 'not wanted any more',
      exitCode: 143,
    })
    await compute.close()
    database.close()
  })

  it('fails a job whose processes vanished without an exit code', async () => {
    const directory = tempDir()
    await hostUntilStarted(directory, { SECONDS: '60' })
    const { compute, ended, database } = openCompute(directory)
    const uid = String(database.prepare('select uid from compute_job').get()?.uid)
    const supervisor = Number(readFileSync(`${directory}/jobs/.supervisor/${uid}.pid`, 'utf8').split('\n')[0])
    process.kill(-supervisor, 'SIGKILL')
    await compute.resume()
    const record = await ended('survivor')
    expect(record).toMatchObject({ status: 'failed', statusReason: expect.stringMatching(/^Host process lost/) })
    expect(record.exitCode).toBeUndefined()
    await compute.close()
    database.close()
  })

  it('does not take another process with the same pid for the job', async () => {
    const directory = tempDir()
    await hostUntilStarted(directory, { SECONDS: '0' })
    const bystander = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
    const { compute, ended, database } = openCompute(directory)
    const row = database.prepare('select uid from compute_job').get()
    const control = `${directory}/jobs/.supervisor/${row?.uid}`
    await until('the exit file', () => readFileSync(`${control}.exit`, { encoding: 'utf8', flag: 'a+' }))
    const { rmSync, writeFileSync } = await import('node:fs')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const stat = readFileSync(`/proc/${bystander.pid}/stat`, 'utf8').trim().split(' ')
    stat[21] = '1'
    rmSync(`${control}.exit`)
    writeFileSync(`${control}.pid`, `${bystander.pid}\n${boot}\n${stat.join(' ')}\n`)
    database.exec(`update compute_job set status = 'running', exit_code = null, stopped_at = null`)
    await compute.resume()
    expect(await ended('survivor')).toMatchObject({
      status: 'failed',
      statusReason: expect.stringMatching(/^Host process lost/),
    })
    expect(bystander.exitCode).toBeNull()
    expect(bystander.signalCode).toBeNull()
    bystander.kill('SIGKILL')
    await compute.close()
    database.close()
  })

  it('lets only one of several supervisors of a job run its command', async () => {
    const directory = tempDir()
    const { compute, database } = openCompute(directory)
    database.exec(
      `insert into compute_job (name, uid, definition, environment, timeout_seconds, status, created_at) values ('survivor', 'u1', 'once', '{}', 60, 'starting', '2026-01-01T00:00:00Z')`,
    )
    const files = jobFiles(`${directory}/jobs`, { uid: 'u1', record: { name: 'survivor' } } as never)
    const command = ['/bin/sh', '-c', 'echo started; sleep 0.1']
    const rivals = Array.from({ length: 8 }, (_, index) => startSupervisor(files, command, {}, index > 0))
    await Promise.all(rivals.map((rival) => once(rival, 'exit')))
    expect(startsIn(directory)).toBe(1)
    expect(rivals.map(({ pid }) => pid)).toContain(readClaim(files)?.identity.pid)
    expect(rivals.filter(({ exitCode }) => exitCode === 124)).toHaveLength(7)
    await compute.close()
    database.close()
  })

  it('does not start a queued job that was terminated before the server died', async () => {
    const directory = tempDir()
    const { compute, ended, database } = openCompute(directory)
    const insert = `insert into compute_job (name, uid, definition, environment, timeout_seconds, status, stop_reason, stop_at, created_at)`
    database.exec(
      `${insert} values ('queued', 'u1', 'once', '{}', 60, 'runnable', 'not wanted', 1, '2026-01-01T00:00:00Z')`,
    )
    database.exec(
      `${insert} values ('starting', 'u2', 'once', '{}', 60, 'starting', 'not wanted', 1, '2026-01-01T00:00:00Z')`,
    )
    await compute.resume()
    for (const name of ['queued', 'starting']) {
      const record = await ended(name)
      expect(record).toMatchObject({ status: 'failed', statusReason: 'not wanted' })
      expect(record.startedAt).toBeUndefined()
    }
    expect(await compute.logTail('starting', 5)).toEqual([])
    await compute.close()
    database.close()
  })

  it('leaves jobs running when it is closed, and ends them when told so', async () => {
    const directory = tempDir()
    const first = openCompute(directory)
    await first.compute.submit({ ...job, environment: { SECONDS: '60' } })
    await first.printed('survivor', 'started')
    await first.compute.close()
    await expect(first.compute.submit({ ...job, name: 'late' })).rejects.toMatchObject({ code: 'busy' })
    first.database.close()

    const second = openCompute(directory)
    await second.compute.resume()
    expect(await second.compute.describe('survivor')).toMatchObject({ status: 'running' })
    await second.compute.close({ terminate: true })
    expect(await second.compute.describe('survivor')).toMatchObject({
      status: 'failed',
      statusReason: 'The server is shutting down',
    })
    second.database.close()
  })
})
