import { describe, expect, it } from 'vitest'
import { replay } from '../../../core/diagnostics/replay.ts'
import { checkStall } from '../../../core/diagnostics/stall.ts'
import type { Anomaly } from '../../../schemas/diagnostics.ts'
import { type RecipeInput, RecipeSpec } from '../../../schemas/recipe.ts'
import { diseasedKinds, healthyKinds, labelledRun } from '../../../scripts/labelled-runs/labelled-runs.ts'
import { find, headOf, rowsOf, steps } from './support.ts'

const stageIndex = 1

function recipeWith(algorithm: string, hyperparameters: object): RecipeInput {
  const stage = { algorithm, dataset: 'rows', steps: 1000, hyperparameters }
  const rewards = [{ type: 'format', pattern: 'a' }]
  return {
    name: 'r',
    base_model: 'm',
    stages: [
      stage,
      { ...stage, hyperparameters: algorithm === 'grpo' ? { rewards, ...hyperparameters } : hyperparameters },
    ],
    evaluation: {
      suite: 's',
      dataset: 'e',
      scorer: { type: 'exact_match', answer_pattern: '(.*)' },
      max_new_tokens: 8,
    },
    gate: [{ type: 'min_accuracy', value: 0.1 }],
    register: { model: 'm' },
  } as unknown as RecipeInput
}

/** Puts a value at a path such as stages[1].hyperparameters.beta. */
function put(root: unknown, path: string, value: unknown): void {
  const keys = path.replaceAll(/\[(\d+)\]/g, '.$1').split('.')
  const last = keys.pop()!
  let at = root as Record<string, unknown>
  for (const key of keys) {
    at[key] ??= {}
    at = at[key] as Record<string, unknown>
  }
  at[last] = value
}

const guards = {
  simulate: false,
  live_mode: true,
  seeds: [1],
  target_kl: 0.05,
  use_overclar_penalty: true,
  seed_pool: 'p',
}

/** What zod says of the recipe after the advice, without what it says before. */
function breaches(algorithm: string, hyperparameters: object, key: string, value: unknown): string[] {
  const recipe = recipeWith(algorithm, hyperparameters)
  if (key.startsWith('guards')) recipe.guards = guards as never
  const said = () => {
    const { error } = RecipeSpec.safeParse(recipe)
    return (error?.issues ?? []).map(
      ({ path, message, ...rest }) => `${path.join('.')} ${message} ${JSON.stringify(rest)}`,
    )
  }
  const before = said()
  put(recipe, key, value)
  return said().filter((each) => !before.includes(each))
}

const everyFinding = (): { algorithm: string; hyperparameters: object; found: Anomaly[] }[] =>
  [...diseasedKinds, ...healthyKinds].flatMap((kind) =>
    Array.from({ length: 12 }, (_, seed) => {
      const { head, rows } = labelledRun(kind, 30_000 + seed)
      const found = replay({ stage: stageIndex, attempt: 1, head }, [rows])
      return { algorithm: head.algorithm, hyperparameters: head.hyperparameters ?? {}, found }
    }),
  )

describe('advice', () => {
  it('names keys that a recipe has, with values that a recipe takes', () => {
    let judged = 0
    const rules = new Set<string>()
    for (const { algorithm, hyperparameters, found } of everyFinding()) {
      for (const { rule, advice } of found) {
        expect(advice.length).toBeGreaterThan(0)
        for (const { key, value } of advice.filter((each) => each.key !== '' && each.value !== null)) {
          if (algorithm === 'ppo' && key.startsWith('stages')) continue
          expect(breaches(algorithm, hyperparameters, key, value), `${rule}: ${key} = ${value}`).toEqual([])
          rules.add(rule)
          judged++
        }
      }
    }
    expect(judged).toBeGreaterThan(300)
    expect(rules.size).toBeGreaterThanOrEqual(11)
  })

  it('the check above sees a key or a value that no recipe takes', () => {
    expect(breaches('sft', {}, 'stages[1].hyperparameters.learning_rat', 1)).not.toEqual([])
    expect(breaches('grpo', {}, 'stages[1].hyperparameters.temperature', 11)).not.toEqual([])
    expect(breaches('grpo', {}, 'diagnostics.kl_explosion.threshold', -1)).not.toEqual([])
  })

  it('computes values from the recipe of the stage', () => {
    const head = { hyperparameters: { learning_rate: 1e-5, beta: 0, max_grad_norm: 1 } }
    const found = find('grpo', rowsOf({ kl_ref: steps([20, 0.1], [10, 9]) }), head)
    expect(found[0]!.advice).toMatchObject([
      { key: 'stages[0].hyperparameters.beta', value: 0.04 },
      {
        key: 'stages[0].hyperparameters.learning_rate',
        value: 5e-6,
        text: expect.stringContaining('0.00001 -> 0.000005'),
      },
      { key: 'diagnostics.kl_explosion.threshold', value: 9.9 },
    ])
  })

  it('names no value where the present one is unknown, and no key where the algorithm has none', () => {
    const found = find('grpo', rowsOf({ kl_ref: steps([10, 9]) }))
    expect(found[0]!.advice[0]).toMatchObject({ key: 'stages[0].hyperparameters.beta', value: null })
    const other = find('ppo', rowsOf({ kl_ref: steps([10, 9]) }), { hyperparameters: { learning_rate: 2e-6 } })
    expect(other[0]!.advice).toMatchObject([{ key: '', value: 1e-6 }, { key: 'diagnostics.kl_explosion.threshold' }])
  })

  it('of a stall is valid too', () => {
    const subject = { stage: 0, attempt: 1, head: headOf('sft') }
    const at = { subject, now: 1e9 * 1000, startedAt: 0, lastSeenAt: 9e8 * 1000, stepTimes: [30], lastStep: 4 }
    for (const { key, value } of checkStall(at)!.advice.filter((each) => each.key !== ''))
      expect(breaches('sft', {}, key, value)).toEqual([])
  })
})
