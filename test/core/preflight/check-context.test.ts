import { expect, it } from 'vitest'
import { checkContext } from '../../../core/preflight/check-context.ts'
import { RecipeSpec } from '../../../schemas/recipe.ts'
import { sampleRecipe } from '../../support/sample-project.ts'

const statuses = (context: number) =>
  checkContext(RecipeSpec.parse(sampleRecipe()), context).map(({ subject, status }) => [subject, status])

it('passes when every length fits the model', () => {
  expect(statuses(48)).toEqual([
    ['stages/0 (sft)', 'pass'],
    ['stages/1 (grpo)', 'pass'],
    ['evaluation', 'pass'],
  ])
})

it('fails each length that does not fit, prompt and completion together', () => {
  expect(statuses(47)).toEqual([
    ['stages/0 (sft)', 'fail'],
    ['stages/1 (grpo)', 'fail'],
    ['evaluation', 'pass'],
  ])
  expect(statuses(24).map(([, status]) => status)).toEqual(['fail', 'fail', 'fail'])
})
