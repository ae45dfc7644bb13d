import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { Job } from '../../schemas/job.ts'
import type { RecipeInput } from '../../schemas/recipe.ts'
import { jsonl, prompts, sampleRecipe, sft, suite } from './sample-project.ts'

/** Whatever answers the API: a server in this process or in another. */
export interface Api {
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers as a client would, without a schema.
export type Answer = { status: number; body: any; headers: Headers }

export function requester(url: () => string, token: () => string): Api['request'] {
  return async (method, path, body, headers = {}) => {
    const response = await fetch(url() + path, {
      method,
      headers: {
        authorization: `Bearer ${token()}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers }
  }
}

export async function addDataset(api: Api, name: string, content: string): Promise<Answer & { body: DatasetVersion }> {
  const upload = await api.request('POST', '/v1/uploads')
  await fetch(upload.body.url, { method: 'PUT', body: content })
  return api.request('POST', `/v1/datasets/${name}/versions`, { upload: upload.body.upload })
}

/** Datasets and recipe of the sample project; `change` alters the recipe. */
export async function prepareProject(api: Api, change: Partial<RecipeInput> = {}): Promise<void> {
  await addDataset(api, 'sample-sft', jsonl(sft))
  await addDataset(api, 'sample-prompts', jsonl(prompts))
  await addDataset(api, 'sample-suite', jsonl(suite))
  const published = await api.request('POST', '/v1/recipes', sampleRecipe(change))
  if (published.status !== 201) throw new Error(JSON.stringify(published.body))
}

export async function submitSample(api: Api): Promise<Job> {
  const { status, body } = await api.request('POST', '/v1/jobs', { recipe: 'sample' })
  if (status !== 202) throw new Error(JSON.stringify(body))
  return body
}
