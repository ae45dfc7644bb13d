import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { acquireDataDirLock } from '../../adapters/embedded/data-dir-lock.ts'
import { tempDir } from '../support/temp-dir.ts'

const MODULE = join(import.meta.dirname, '../../adapters/embedded/data-dir-lock.ts')

// Takes the lock, keeps no reference to it, says how it went and holds it until it is killed.
const SERVER = `
  import { acquireDataDirLock } from ${JSON.stringify(MODULE)}
  const answer = await acquireDataDirLock(process.argv[1]).then(() => 'held', (error) => error.code + ': ' + error.message)
  for (let n = 0; n < 3; n++) await new Promise((resolve) => setImmediate(() => resolve(gc())))
  console.log(answer)
  setInterval(() => {}, 1000)`

function startServer(directory: string): { process: ChildProcess; says: Promise<string> } {
  const server = spawn(
    process.execPath,
    ['--expose-gc', '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', SERVER, directory],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  onTestFinished(() => void server.kill('SIGKILL'))
  const says = new Promise<string>((resolve) =>
    server.stdout.setEncoding('utf8').once('data', (line: string) => resolve(line.trim())),
  )
  return { process: server, says }
}

async function kill(server: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => server.once('close', resolve))
  server.kill('SIGKILL')
  await ended
}

describe('data directory lock', () => {
  it('refuses a second server and names the pid of the first', async () => {
    const directory = tempDir()
    const first = startServer(directory)
    expect(await first.says).toBe('held')
    const refusal = acquireDataDirLock(directory)
    await expect(refusal).rejects.toMatchObject({ code: 'conflict' })
    await expect(refusal).rejects.toThrow(
      `data directory ${directory} is in use by the server with pid ${first.process.pid}: stop it`,
    )
  })

  it('refuses a second one in the same process, until the first is released', async () => {
    const directory = tempDir()
    const lock = await acquireDataDirLock(directory)
    await expect(acquireDataDirLock(directory)).rejects.toThrow(`pid ${process.pid}`)
    await lock.release()
    await lock.release()
    expect(existsSync(join(directory, 'server.pid'))).toBe(false)
    await (await acquireDataDirLock(directory)).release()
  })

  it('is free again as soon as its server was killed', async () => {
    const directory = tempDir()
    const first = startServer(directory)
    await first.says
    await kill(first.process)
    const lock = await acquireDataDirLock(directory)
    await lock.release()
  })

  it('takes no notice of a pid file of a dead server, even when the pid belongs to another process now', async () => {
    for (const pid of [String(process.ppid), '1', '999999999', 'garbage', '']) {
      const directory = tempDir()
      writeFileSync(join(directory, 'server.pid'), pid)
      const lock = await acquireDataDirLock(directory)
      const second = startServer(directory)
      expect(await second.says).toContain(`pid ${process.pid}`)
      await lock.release()
      await kill(second.process)
    }
  })

  it('goes to exactly one of several servers that start at once over a killed one', async () => {
    const directory = tempDir()
    const killed = startServer(directory)
    await killed.says
    await kill(killed.process)
    const servers = Array.from({ length: 5 }, () => startServer(directory))
    const answers = await Promise.all(servers.map((server) => server.says))
    const holder = servers[answers.indexOf('held')]
    expect(answers.filter((answer) => answer === 'held')).toHaveLength(1)
    for (const answer of answers)
      if (answer !== 'held')
        expect(answer).toContain(
          `conflict: data directory ${directory} is in use by the server with pid ${holder?.process.pid}`,
        )
  })

  it('creates the directory for its owner only', async () => {
    const directory = join(tempDir(), 'new/data')
    const lock = await acquireDataDirLock(directory)
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    await lock.release()
  })
})
