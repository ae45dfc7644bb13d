import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { BuildView } from '../../schemas/build.ts'
import { story } from '../core/data-factory/build/support.ts'
import { type Api, addDataset, requester } from '../support/api.ts'
import { jsonl } from '../support/sample-project.ts'
import { tempDir } from '../support/temp-dir.ts'

/** About `rows` / 3,000 seconds of work. */
export async function submitRows(api: Api, name: string, rows: number): Promise<string> {
  const added = await addDataset(api, 'raw', jsonl(Array.from({ length: rows }, (_, i) => story(i))))
  if (added.status !== 201) throw new Error(JSON.stringify(added.body))
  const request = { kind: 'dataset', name, sources: [{ dataset: 'raw' }], operators: { difficulty: {} } }
  const { status, body } = await api.request('POST', '/v1/builds', request)
  if (status !== 201) throw new Error(JSON.stringify(body))
  return body.id
}

export const viewOf = async (api: Api, id: string) => (await api.request('GET', `/v1/builds/${id}`)).body as BuildView

/** Polls the build until it satisfies `wanted`. */
export async function untilBuild(api: Api, id: string, wanted: (seen: BuildView) => boolean): Promise<BuildView> {
  for (;;) {
    const seen = await viewOf(api, id)
    if (wanted(seen)) return seen
    if (seen.finished_at) throw new Error(`${id} ended ${seen.status}: ${JSON.stringify(seen.reason)}`)
    await sleep(20)
  }
}

export async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    await sleep(20)
  }
}

/** Pids of live data builders whose spec lies in `directory`, by their own environment. */
export async function builderPids(directory: string): Promise<number[]> {
  const pids: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const [command, environment] = await Promise.all(
      ['cmdline', 'environ'].map((file) => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '')),
    )
    const isBuilder = command?.includes('local/data-builder.ts') && !command.startsWith('/bin/sh')
    if (isBuilder && environment?.includes(`SLUICE_BUILD_URI=file://${directory}/`)) pids.push(Number(name))
  }
  return pids
}

/** A builder that has come so far as to use its disk, and is not the one that was killed and may still be seen. */
export const workingBuilder = (directory: string, killed?: number) =>
  until(async () => {
    const pid = (await builderPids(directory)).find((each) => each !== killed)
    const spaces = await scratchOf(directory)
    return pid !== undefined && spaces.some((name) => name.includes(pid.toString(16).padStart(8, '0')))
      ? pid
      : undefined
  })

export const scratchOf = (directory: string) => readdir(join(directory, 'scratch')).catch((): string[] => [])

export const noScratch = (directory: string) =>
  until(async () => ((await scratchOf(directory)).length === 0 ? true : undefined))

/** The embedded server as a process of its own, for which builds named `large` are. */
export async function startBuildServer(): Promise<
  Api & { directory: string; pid(): number; start(): Promise<void>; kill(): Promise<void>; stop(): Promise<void> }
> {
  const directory = tempDir()
  let child: ChildProcess
  let [url, token] = ['', '']
  const ended = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await once(child, 'exit')
  }
  const self = {
    directory,
    request: requester(
      () => url,
      () => token,
    ),
    pid: () => child.pid as number,
    async start() {
      const host = fileURLToPath(new URL('./build-server-host.ts', import.meta.url))
      child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', host, directory], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
      ;({ url, token } = JSON.parse(String(line)))
    },
    kill: () => ended('SIGKILL'),
    stop: () => ended('SIGTERM'),
  }
  await self.start()
  return self
}
