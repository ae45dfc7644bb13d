import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RuntimeOptions } from '../../local/runtime.ts'
import { type Server, startServer } from '../../local/server.ts'
import type { JobView } from '../../schemas/job.ts'
import { type Api, requester } from './api.ts'

export interface TestServer extends Api {
  directory: string
  server: Server
  logs: { message: string; fields: Record<string, unknown> }[]
  stop(options?: { keep: boolean }): Promise<void>
}

/** A real embedded server on a temporary data directory and a free port. */
export async function startTestServer(
  overrides: Partial<RuntimeOptions> & { directory?: string } = {},
): Promise<TestServer> {
  const directory = overrides.directory ?? (await mkdtemp(join(tmpdir(), 'sluice-test-')))
  const logs: TestServer['logs'] = []
  const config = { directory, port: 0, maxExecutions: 8, maxTrainers: 2, graceSeconds: 2 }
  const server = await startServer(config, (message, fields) => logs.push({ message, fields }), overrides)
  return {
    directory,
    server,
    logs,
    request: requester(
      () => server.url,
      () => server.token,
    ),
    async stop({ keep } = { keep: false }) {
      await server.stop()
      if (!keep) await rm(directory, { recursive: true, force: true })
    },
  }
}

/** The job once its execution has ended and every event is delivered. */
export async function finished(test: TestServer, job: string): Promise<JobView> {
  await test.server.settled()
  return (await test.request('GET', `/v1/jobs/${job}`)).body
}
