import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { percentile } from './percentile.ts'

const runs = 7

/** From starting the server's process on an empty data directory to its first answered request. */
export default async function startup(): Promise<object> {
  const times: number[] = []
  for (let run = 0; run < runs; run++) times.push(await firstAnswer())
  return { ms: percentile(times, 0.5), max_ms: percentile(times, 1), runs }
}

async function firstAnswer(): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  const started = performance.now()
  const server = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'local/main.ts'], {
    env: { ...process.env, SLUICE_DATA_DIR: directory, SLUICE_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [line] = (await once(server.stdout, 'data')) as [Buffer]
    const url = /http:\/\/[\d.:]+/.exec(String(line))?.[0]
    const response = await fetch(`${url}/healthz`)
    await response.json()
    return performance.now() - started
  } finally {
    server.kill('SIGTERM')
    await once(server, 'exit')
    await rm(directory, { recursive: true, force: true })
  }
}
