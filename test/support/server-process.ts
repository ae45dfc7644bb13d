import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JobView } from '../../schemas/job.ts'
import { type Api, requester } from './api.ts'

export interface ServerProcess extends Api {
  directory: string
  /** SIGKILL: no handler runs. */
  kill(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
  job(id: string): Promise<JobView>
  /** Polls the job until it satisfies `wanted`. */
  until(id: string, wanted: (job: JobView) => boolean): Promise<JobView>
}

/** The embedded server as a process of its own, so that it can be killed and started again on its data directory. */
export async function startServerProcess(): Promise<ServerProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-faults-'))
  let child: ChildProcess
  let url = ''
  let token = ''
  const request = requester(
    () => url,
    () => token,
  )
  const job = async (id: string) => (await request('GET', `/v1/jobs/${id}`)).body as JobView

  const self: ServerProcess = {
    directory,
    request,
    job,
    async start() {
      child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'local/main.ts'], {
        env: { ...process.env, SLUICE_DATA_DIR: directory, SLUICE_PORT: '0', SLUICE_GRACE_SECONDS: '10' },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
      url = /http:\/\/[\d.:]+/.exec(String(line))?.[0] ?? ''
      token = (await readFile(join(directory, 'token'), 'utf8')).trim()
    },
    async kill() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      await rm(directory, { recursive: true, force: true })
    },
    async until(id, wanted) {
      for (;;) {
        const seen = await job(id)
        if (wanted(seen)) return seen
        if (['succeeded', 'failed', 'refused', 'cancelled'].includes(seen.status))
          throw new Error(`${id} ended ${seen.status}: ${JSON.stringify(seen.reason)}`)
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
    },
  }
  await self.start()
  return self
}
