import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkConfig } from '../../../core/preflight/check-config.ts'
import { type RecipeInput, RecipeSpec } from '../../../schemas/recipe.ts'
import { sampleRecipe } from '../../support/sample-project.ts'
import { notPassed } from '../support/subject.ts'

const guards: NonNullable<RecipeInput['guards']> = {
  simulate: false,
  live_mode: true,
  seeds: [20250820, 20250821, 20250822],
  target_kl: 0.02,
  use_overclar_penalty: true,
  seed_pool: 'data/rollouts/rc1_seed.balanced.jsonl',
  priority_sampling: {
    enable: true,
    by_difficulty: { easy: 0.2, medium: 0.4, hard: 0.4 },
    low_perf_cap: 0.3,
    seed_ratio_schedule: [
      { step: 0, ratio: 0.5 },
      { step: 20_000, ratio: 0.35 },
      { step: 40_000, ratio: 0.2 },
    ],
  },
}
const weights = { accuracy: 0.5, format: 0.3, brevity: 0.2 }

type Change = Partial<RecipeInput> & { steps?: number; save_steps?: number }

/** A recipe that is fit for its profile but for `change`. */
function recipe(profile: 'smoke' | 'prod', { steps = 50_000, save_steps = 1000, ...change }: Change = {}): RecipeSpec {
  const { stages } = sampleRecipe()
  return RecipeSpec.parse({
    ...sampleRecipe({ profile, guards, weights }),
    stages: stages.map((stage) => ({ ...stage, steps, save_steps })),
    ...change,
  })
}

const guardsBut = (change: Partial<typeof guards>) => ({ guards: { ...guards, ...change } })
const samplingBut = (change: Partial<NonNullable<typeof guards.priority_sampling>>) =>
  guardsBut({
    priority_sampling: { ...(guards.priority_sampling as NonNullable<typeof guards.priority_sampling>), ...change },
  })

describe('the run guards', () => {
  it.each(['smoke', 'prod'] as const)('let a sound %s recipe pass', (profile) => {
    expect(notPassed(checkConfig(recipe(profile)))).toEqual([])
  })

  it.each<[string, Change]>([
    ['min_steps', { steps: 49_999 }],
    ['checkpoints_on', { save_steps: 0 }],
    ['checkpoints_on', { save_steps: -1 }],
    ['simulate', guardsBut({ simulate: true })],
    ['live_mode', guardsBut({ live_mode: false })],
    ['use_overclar_penalty', guardsBut({ use_overclar_penalty: false })],
    ['target_kl', guardsBut({ target_kl: 0.0199 })],
    ['target_kl', guardsBut({ target_kl: 0.0501 })],
    ['seeds', guardsBut({ seeds: [1, 2, 1] })],
  ])('%s goes red in prod and warns in smoke: %#', (name, change) => {
    for (const [profile, status] of [
      ['prod', 'fail'],
      ['smoke', 'warn'],
    ] as const) {
      const checks = checkConfig(recipe(profile, change)).filter((check) => check.status !== 'pass')
      expect(new Set(checks.map((check) => check.name))).toEqual(new Set([name]))
      for (const check of checks) expect(check).toMatchObject({ status, remedy: expect.stringMatching(/\.$/) })
    }
  })

  it.each<[string, Change]>([
    ['by_difficulty', samplingBut({ by_difficulty: { easy: 0.2, medium: 0.4, hard: 0.41 } })],
    [
      'seed_ratio_schedule',
      samplingBut({
        seed_ratio_schedule: [
          { step: 5, ratio: 1 },
          { step: 5, ratio: 0 },
        ],
      }),
    ],
    ['weights', { weights: { a: 0.5, b: 0.499 } }],
    ['weights', { weights: { a: 0.51, b: 0.49 } }],
    ['weights', { weights: { a: -0.1, b: 0.5, c: 0.5, d: 0.1 } }],
    ['weights', { weights: {} }],
    ['weights', { weights: { a: 1 } }],
  ])('%s goes red in every profile: %#', (name, change) => {
    for (const profile of ['prod', 'smoke'] as const)
      expect(notPassed(checkConfig(recipe(profile, change)))).toEqual([expect.stringMatching(`^${name} .*: fail$`)])
  })

  it('of an RL run may not be absent in prod', () => {
    const { guards: _, ...without } = recipe('prod')
    expect(notPassed(checkConfig(without))).toEqual(['run_guards guards: fail'])
    expect(notPassed(checkConfig({ ...without, profile: 'smoke' }))).toEqual([])
  })

  it('are not asked of a run without RL', () => {
    const { guards: _, ...without } = recipe('prod')
    expect(notPassed(checkConfig({ ...without, stages: without.stages.slice(0, 1) }))).toEqual([])
  })

  it('warn when the seed pool is not the balanced one', () => {
    const checks = checkConfig(recipe('prod', guardsBut({ seed_pool: 'data/rollouts/rc1_seed.jsonl' })))
    expect(notPassed(checks)).toEqual(['seed_pool guards/seed_pool: warn'])
  })

  it('at their limits hold', () => {
    expect(notPassed(checkConfig(recipe('prod', guardsBut({ target_kl: 0.05 }))))).toEqual([])
    expect(notPassed(checkConfig(recipe('prod', { weights: { a: 0.5, b: 0.5 } })))).toEqual([])
    expect(notPassed(checkConfig(recipe('prod', { save_steps: 1 })))).toEqual([])
  })

  it('all speak at once', () => {
    const change = { steps: 10, save_steps: 0, weights: {}, ...guardsBut({ simulate: true, target_kl: 1 }) }
    const names = new Set(
      checkConfig(recipe('prod', change)).flatMap((check) => (check.status === 'fail' ? check.name : [])),
    )
    expect(names).toEqual(new Set(['min_steps', 'checkpoints_on', 'simulate', 'target_kl', 'weights']))
  })
})

describe('a number that is none', () => {
  it('never passes, whatever the schema lets through', () => {
    const spec = recipe('prod')
    const broken: [string, RecipeSpec][] = [
      ['weights', { ...spec, weights: { a: 0.5, b: Number.NaN } }],
      ['weights', { ...spec, weights: { a: 0.5, b: Number.POSITIVE_INFINITY } }],
      [
        'target_kl',
        { ...spec, guards: { ...(spec.guards as NonNullable<typeof spec.guards>), target_kl: Number.NaN } },
      ],
      ['min_steps', { ...spec, stages: spec.stages.map((stage) => ({ ...stage, steps: Number.NaN })) }],
      ['checkpoints_on', { ...spec, stages: spec.stages.map((stage) => ({ ...stage, save_steps: Number.NaN })) }],
    ]
    for (const [name, spec] of broken)
      expect(new Set(notPassed(checkConfig(spec)).map((text) => text.split(' ')[0]))).toEqual(new Set([name]))
  })
})

it('weights pass exactly when they sum to 1, none above 0.5 and none below 0', () => {
  const weight = fc.oneof(fc.double({ min: -0.2, max: 0.7, noNaN: true }), fc.constantFrom(0, 0.25, 0.5))
  fc.assert(
    fc.property(fc.array(weight, { maxLength: 6 }), (values) => {
      const spec = { ...recipe('prod'), weights: Object.fromEntries(values.map((value, i) => [`w${i}`, value])) }
      const sum = values.reduce((total, value) => total + value, 0)
      const sound = Math.abs(sum - 1) < 1e-6 && values.every((value) => value >= 0 && value <= 0.5 + 1e-9)
      expect(notPassed(checkConfig(spec))).toEqual(sound ? [] : ['weights weights: fail'])
    }),
  )
})
