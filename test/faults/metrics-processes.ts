import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Api, requester } from '../support/api.ts'
import { tempDir } from '../support/temp-dir.ts'
import type { Death } from './metrics-server-host.ts'

const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const node = [process.execPath, '--disable-warning=ExperimentalWarning']

/** The embedded server as a process of its own, one life after the other on one data directory, with a trainer that ships segments. */
export async function createMetricsServer() {
  const directory = tempDir()
  const limit = join(directory, 'limit')
  await writeFile(limit, '0')
  const trainer = { command: [...node, fileOf('./metrics-shipper.ts')], environment: { SHIPPER_LIMIT: limit } }
  await writeFile(join(directory, 'trainers.json'), JSON.stringify({ shipper: trainer }))
  let child: ChildProcess | undefined
  let [url, token] = ['', '']
  const request: Api['request'] = requester(
    () => url,
    () => token,
  )

  function begin(death: Death | null): { child: ChildProcess; gone: Promise<unknown> } {
    const [command = '', ...options] = node
    const given = [...options, fileOf('./metrics-server-host.ts'), directory, JSON.stringify(death)]
    child = spawn(command, given, { stdio: ['ignore', 'pipe', 'inherit'] })
    return { child, gone: once(child, 'exit') }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await once(child, 'exit')
  }

  return {
    directory,
    request,
    /** So many segments may be shipped from now on. */
    allow: (count: number) => writeFile(limit, String(count)),
    /** A life that goes on until it is ended; `death` to hang at an effect. */
    async start(death: Death | null = null): Promise<void> {
      const { child: own } = begin(death)
      const [line] = (await once(own.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
      ;({ url, token } = JSON.parse(String(line)))
    },
    /** A life that ends itself: throws when it was not killed. */
    async dies(death: Death): Promise<void> {
      const { child: own, gone } = begin(death)
      await gone
      if (own.signalCode !== 'SIGKILL') throw new Error(`${JSON.stringify(death)}: it ended with ${own.exitCode}`)
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  }
}
