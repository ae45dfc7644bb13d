import { describe, expect, it } from 'vitest'
import { knownKeys, nearest } from '../../../core/platform/known-keys.ts'
import { parse } from '../../../core/platform/parse.ts'
import { RecipeSpec } from '../../../schemas/recipe.ts'
import { sampleRecipe } from '../../support/sample-project.ts'

describe('a misspelt key', () => {
  it.each([
    ['learning_rte', 'learning_rate'],
    ['Learning_Rate', 'learning_rate'],
    ['sedes', 'seeds'],
    ['step', 'steps'],
  ])('%s means %s', (name, meant) => {
    expect(nearest(name, ['steps', 'learning_rate', 'seeds', 'lora'])).toBe(meant)
  })

  it('far from every known key means none of them', () => {
    expect(nearest('colour', ['steps', 'learning_rate', 'r'])).toBeUndefined()
    expect(nearest('xy', ['r', 'id'])).toBeUndefined()
  })

  it('is looked up through unions, lists, defaults and records', () => {
    expect(knownKeys(RecipeSpec, [])).toContain('base_model')
    expect(knownKeys(RecipeSpec, ['stages', 0])).toContain('save_steps')
    expect(knownKeys(RecipeSpec, ['stages', 1, 'hyperparameters', 'lora'])).toContain('lora_alpha')
    expect(knownKeys(RecipeSpec, ['preflight'])).toContain('max_dup_pct')
    expect(knownKeys(RecipeSpec, ['nothing', 'there'])).toEqual([])
  })

  it('is answered with what was probably meant, and only then', () => {
    const recipe = { ...sampleRecipe(), regster: {}, zzz: 1, preflight: { max_dup_pc: 3 } }
    const errors = (() => {
      try {
        parse(RecipeSpec, recipe, 'recipe')
      } catch (error) {
        return (error as { errors: { pointer: string; remedy: string }[] }).errors
      }
    })()
    expect(Object.fromEntries((errors ?? []).map(({ pointer, remedy }) => [pointer, remedy]))).toEqual({
      '/regster': 'Did you mean "register"?',
      '/zzz': 'Remove "zzz" or correct its spelling.',
      '/preflight/max_dup_pc': 'Did you mean "max_dup_pct"?',
    })
  })
})
