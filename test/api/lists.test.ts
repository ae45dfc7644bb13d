import { beforeEach, describe, expect, it } from 'vitest'
import { publishRecipe } from '../../core/recipes/publish-recipe.ts'
import { RecipeSpec } from '../../schemas/recipe.ts'
import { addDataset, anybody, prepareProject, submitSample } from '../core/support/project.ts'
import { jsonl, sampleRecipe, sft } from '../support/sample-project.ts'
import { createTestApi, type TestApi } from './support/test-api.ts'

let api: TestApi
beforeEach(async () => {
  api = createTestApi()
  await prepareProject(api.platform)
})

async function pages(path: string, limit: number): Promise<unknown[][]> {
  const found: unknown[][] = []
  for (let after = ''; ; ) {
    const { status, body } = await api.call(
      'GET',
      `${path}?limit=${limit}${after && `&after=${encodeURIComponent(after)}`}`,
    )
    expect(status).toBe(200)
    found.push(body.items)
    if (body.next === null) return found
    after = body.next
  }
}

describe('a list', () => {
  it('comes in pages that together are the whole, in order', async () => {
    const ids = []
    for (let i = 0; i < 5; i++) {
      await api.platform.clock.advance(1000)
      ids.unshift((await submitSample(api.platform)).id)
    }
    const found = (await pages('/v1/jobs', 2)) as { id: string }[][]
    expect(found.map((page) => page.length)).toEqual([2, 2, 1])
    expect(found.flat().map(({ id }) => id)).toEqual(ids)
  })

  it('is stable when something is added between two pages', async () => {
    for (const seed of [2, 3, 4]) await publishRecipe(api.platform, RecipeSpec.parse(sampleRecipe({ seed })), anybody)
    const first = await api.call('GET', '/v1/recipes?limit=2')
    await publishRecipe(api.platform, RecipeSpec.parse(sampleRecipe({ name: 'a-new-one' })), anybody)
    const second = await api.call('GET', `/v1/recipes?limit=2&after=${encodeURIComponent(first.body.next)}`)
    expect([...first.body.items, ...second.body.items].map(({ version }) => version)).toEqual([1, 2, 3, 4])
  })

  it('of another thing does not take its cursor', async () => {
    await addDataset(api.platform, 'another', jsonl(sft))
    const { body } = await api.call('GET', '/v1/datasets?limit=1')
    const answer = await api.call('GET', `/v1/recipes?after=${encodeURIComponent(body.next)}`)
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/query/after' }] } })
  })

  it('is empty, not missing, when there is nothing', async () => {
    expect((await api.call('GET', '/v1/models')).body).toEqual({ items: [], next: null })
  })

  it('of versions belongs to its dataset', async () => {
    await addDataset(api.platform, 'sample-sft', jsonl(sft.slice(1)))
    expect((await pages('/v1/datasets/sample-sft/versions', 1)).length).toBe(2)
    expect((await pages('/v1/datasets', 1)).flat()).toHaveLength(3)
    expect((await pages('/v1/base-models', 10)).flat()).toMatchObject([{ id: 'tiny-llama' }])
  })
})
