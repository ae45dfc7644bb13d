import { beforeEach, describe, expect, it } from 'vitest'
import { listSuites } from '../../../core/datasets/suites.ts'
import { digestJson } from '../../../core/platform/digest.ts'
import { publishRecipe } from '../../../core/recipes/publish-recipe.ts'
import { getRecipe, listRecipes } from '../../../core/recipes/recipe-store.ts'
import { type RecipeInput, RecipeSpec } from '../../../schemas/recipe.ts'
import { jsonl, sampleRecipe } from '../../support/sample-project.ts'
import { Crash, crashing } from '../support/crashing.ts'
import { addDataset, anybody } from '../support/project.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
beforeEach(() => {
  platform = createTestPlatform()
})

const spec = (change: Partial<RecipeInput> = {}) => RecipeSpec.parse(sampleRecipe(change))
const publish = (
  change: Partial<RecipeInput> = {},
  caller = anybody as { principal: string; idempotencyKey?: string },
) => publishRecipe(platform, spec(change), caller)
const a = { seed: 1 }
const b = { seed: 2 }

describe('a published recipe', () => {
  it('is the next version with its digest, and is never changed', async () => {
    const first = await publish(a)
    expect(first).toMatchObject({ name: 'sample', version: 1, digest: digestJson(spec(a)), spec: spec(a) })
    expect(await publish(b)).toMatchObject({ version: 2 })
    expect(await getRecipe(platform.table, 'sample@1')).toEqual(first)
    expect(await getRecipe(platform.table, 'sample')).toMatchObject({ version: 2 })
    expect((await listRecipes(platform.table, {})).items.map(({ version }) => version)).toEqual([1, 2])
  })

  it('is the newest version when that says the same already, and a new one when it was another meanwhile', async () => {
    const versions = []
    for (const change of [a, a, b, a]) versions.push((await publish(change)).version)
    expect(versions).toEqual([1, 1, 2, 3])
  })

  it('by many at once is a version for each, and one for those that agree', async () => {
    const all = await Promise.all([a, b, { seed: 3 }, a].map((change) => publish(change)))
    expect(all[0]?.version).toBe(all[3]?.version)
    expect(new Set(all.map(({ version }) => version))).toEqual(new Set([1, 2, 3]))
  })

  it('that contradicts itself is refused, and nothing is stored', async () => {
    await expect(publish({ gate: [{ type: 'min_accuracy', value: 0 }] })).rejects.toMatchObject({
      code: 'invalid',
      message: 'recipe "sample": 1 problem',
      errors: [{ pointer: '/gate' }],
    })
    await expect(getRecipe(platform.table, 'sample')).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('a key', () => {
  const key = { principal: 'alice', idempotencyKey: 'k' }

  it('makes a repeat return what the first request published, whatever came after', async () => {
    const first = await publish(a, key)
    await publish(b)
    expect(await publish(a, key)).toEqual(first)
    expect(await getRecipe(platform.table, 'sample')).toMatchObject({ version: 2 })
    await expect(publish(b, key)).rejects.toMatchObject({ code: 'idempotency_mismatch' })
  })

  it('does not confuse a repeat with an older version that says the same', async () => {
    await publish(a)
    await publish(b)
    const dying = { ...platform, ...crashing(platform, { at: 2, effect: 'lost' }) }
    await expect(publishRecipe(dying, spec(a), key)).rejects.toBeInstanceOf(Crash)
    expect(await publish(a, key)).toMatchObject({ version: 3 })
    expect(await publish(a, key)).toMatchObject({ version: 3 })
  })
})

it('a recipe that is not there is named with what to do', async () => {
  await publish()
  await expect(getRecipe(platform.table, 'other')).rejects.toThrow('publish it with: sluice recipes publish FILE')
  await expect(getRecipe(platform.table, 'sample@9')).rejects.toThrow('recipe "sample" has no version 9')
})

it('makes the dataset it evaluates on a suite, whichever version it names', async () => {
  const { evaluation } = spec()
  await publish({ evaluation: { ...evaluation, dataset: `held-out@${'a'.repeat(64)}` } })
  expect(await listSuites(platform.table)).toEqual([])
  const version = await addDataset(platform, 'held-out', jsonl([{ prompt: 'a question', answer: '1' }]))
  expect(await listSuites(platform.table)).toEqual([version])
})
