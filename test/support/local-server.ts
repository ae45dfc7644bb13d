import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RuntimeOptions } from '../../local/runtime.ts'
import { type Server, startServer } from '../../local/server.ts'
import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { Job, JobView } from '../../schemas/job.ts'
import type { RecipeInput } from '../../schemas/recipe.ts'
import { jsonl, prompts, sampleRecipe, sft, suite } from './sample-project.ts'

export interface TestServer {
  directory: string
  server: Server
  logs: { message: string; fields: Record<string, unknown> }[]
  request(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: any; headers: Headers }>
  stop(options?: { keep: boolean }): Promise<void>
}

/** A real embedded server on a temporary data directory and a free port. */
export async function startTestServer(
  overrides: Partial<RuntimeOptions> & { directory?: string } = {},
): Promise<TestServer> {
  const directory = overrides.directory ?? (await mkdtemp(join(tmpdir(), 'sluice-test-')))
  const logs: TestServer['logs'] = []
  const config = { directory, port: 0, maxExecutions: 8, maxTrainers: 2, graceSeconds: 2 }
  const server = await startServer(config, (message, fields) => logs.push({ message, fields }), {
    ...overrides,
    directory,
  })
  return {
    directory,
    server,
    logs,
    async request(method, path, body, headers = {}) {
      const response = await fetch(server.url + path, {
        method,
        headers: {
          authorization: `Bearer ${server.token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers }
    },
    async stop({ keep } = { keep: false }) {
      await server.stop()
      if (!keep) await rm(directory, { recursive: true, force: true })
    },
  }
}

export async function addDataset(
  test: TestServer,
  name: string,
  content: string,
): Promise<{ status: number; body: DatasetVersion }> {
  const upload = await test.request('POST', '/v1/uploads')
  await fetch(upload.body.url, { method: 'PUT', body: content })
  return test.request('POST', `/v1/datasets/${name}/versions`, { upload: upload.body.upload })
}

/** Datasets and recipe of the sample project; `change` alters the recipe. */
export async function prepareProject(test: TestServer, change: Partial<RecipeInput> = {}): Promise<void> {
  await addDataset(test, 'sample-sft', jsonl(sft))
  await addDataset(test, 'sample-prompts', jsonl(prompts))
  await addDataset(test, 'sample-suite', jsonl(suite))
  const published = await test.request('POST', '/v1/recipes', sampleRecipe(change))
  if (published.status !== 201) throw new Error(JSON.stringify(published.body))
}

export async function submitSample(test: TestServer): Promise<Job> {
  const { status, body } = await test.request('POST', '/v1/jobs', { recipe: 'sample' })
  if (status !== 202) throw new Error(JSON.stringify(body))
  return body
}

/** The job once its execution has ended and every event is delivered. */
export async function finished(test: TestServer, job: string): Promise<JobView> {
  await test.server.settled()
  return (await test.request('GET', `/v1/jobs/${job}`)).body
}
