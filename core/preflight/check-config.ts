import type { Check } from '../../schemas/preflight.ts'
import type { RecipeSpec } from '../../schemas/recipe.ts'
import { digestJson } from '../platform/digest.ts'
import { judge } from './check.ts'
import { checkPenalty } from './check-penalty.ts'

const minProdSteps = 50_000
const klRange = [0.02, 0.05] as const

/** The run guards of the requirement: enforced in prod, warnings in smoke. */
export function checkConfig(spec: RecipeSpec): Check[] {
  return [...checkStages(spec), ...checkGuards(spec), ...checkPenalty(spec), ...checkWeights(spec)]
}

function checkStages(spec: RecipeSpec): Check[] {
  const severity = spec.profile === 'prod' ? 'fail' : 'warn'
  return spec.stages.flatMap((stage, index) => {
    const subject = `stages/${index} (${stage.algorithm})`
    return [
      judge(
        stage.steps >= minProdSteps,
        {
          name: 'min_steps',
          subject,
          value: stage.steps,
          threshold: `>= ${minProdSteps} in prod`,
          message: `${stage.steps} steps`,
          remedy: `Train at least ${minProdSteps} steps, or use profile smoke, whose models never reach production.`,
        },
        severity,
      ),
      judge(
        stage.save_steps > 0,
        {
          name: 'checkpoints_on',
          subject,
          value: stage.save_steps,
          threshold: 'save_steps > 0',
          message:
            stage.save_steps > 0
              ? `a checkpoint every ${stage.save_steps} steps`
              : 'no checkpoint is ever saved: an interruption loses the whole stage',
          remedy: 'Set save_steps to a positive number.',
        },
        severity,
      ),
    ]
  })
}

function checkGuards(spec: RecipeSpec): Check[] {
  const { guards } = spec
  const rl = spec.stages.some((stage) => stage.algorithm === 'grpo')
  if (!rl) return []
  const severity = spec.profile === 'prod' ? 'fail' : 'warn'
  if (!guards) {
    const message = 'the recipe has no guards section, which an RL run in prod needs'
    const remedy = 'Add guards {simulate, live_mode, seeds, target_kl, use_overclar_penalty, seed_pool}.'
    return [
      judge(spec.profile !== 'prod', {
        name: 'run_guards',
        subject: 'guards',
        value: 'absent',
        threshold: 'present in prod',
        message,
        remedy,
      }),
    ]
  }
  const guard = (
    name: string,
    ok: boolean,
    value: Check['value'],
    threshold: string,
    remedy: string,
    otherwise: 'fail' | 'warn' = severity,
  ) =>
    judge(ok, { name, subject: `guards/${name}`, value, threshold, message: `${name} is ${value}`, remedy }, otherwise)

  const mix = guards.priority_sampling?.by_difficulty
  const mixSum = mix ? mix.easy + mix.medium + mix.hard : 1
  const schedule = guards.priority_sampling?.seed_ratio_schedule ?? []
  const ordered = schedule.every((entry, i) => i === 0 || entry.step > (schedule[i - 1]?.step ?? 0))
  return [
    guard(
      'simulate',
      !guards.simulate,
      guards.simulate,
      'false',
      'Set simulate: false; a simulated reward trains nothing.',
    ),
    guard('live_mode', guards.live_mode, guards.live_mode, 'true', 'Set live_mode: true.'),
    guard(
      'use_overclar_penalty',
      guards.use_overclar_penalty,
      guards.use_overclar_penalty,
      'true',
      'Set use_overclar_penalty: true.',
    ),
    guard(
      'target_kl',
      guards.target_kl >= klRange[0] && guards.target_kl <= klRange[1],
      guards.target_kl,
      `${klRange[0]} to ${klRange[1]}`,
      'Choose target_kl between 0.02 and 0.05.',
    ),
    guard(
      'seeds',
      new Set(guards.seeds).size === guards.seeds.length,
      guards.seeds.join(', '),
      'no seed twice',
      'Give each seed once.',
    ),
    guard(
      'seed_pool',
      guards.seed_pool.includes('balanced'),
      guards.seed_pool,
      'the balanced pool',
      'Point seed_pool at the pool that was balanced by difficulty.',
      'warn',
    ),
    guard(
      'by_difficulty',
      Math.abs(mixSum - 1) < 1e-6,
      mixSum,
      'sum 1',
      'Make easy, medium and hard add up to 1.',
      'fail',
    ),
    guard(
      'seed_ratio_schedule',
      ordered,
      schedule.map((entry) => entry.step).join(', '),
      'steps increase',
      'List the schedule by increasing step.',
      'fail',
    ),
  ]
}

/** |sum - 1| < 1e-6, max <= 0.5 (+ 1e-9), all >= 0. An empty map is refused. */
function checkWeights(spec: RecipeSpec): Check[] {
  if (spec.weights === undefined) return []
  const values = Object.values(spec.weights)
  const sum = values.reduce((total, value) => total + value, 0)
  const max = Math.max(...values)
  const min = Math.min(...values)
  const ok = Math.abs(sum - 1) < 1e-6 && max <= 0.5 + 1e-9 && min >= 0
  return [
    judge(ok, {
      name: 'weights',
      subject: 'weights',
      value: sum,
      threshold: '|sum - 1| < 1e-6, each in [0, 0.5]',
      message: ok
        ? `WEIGHTS_OK ${digestJson(spec.weights)}`
        : values.length === 0
          ? 'weights is empty'
          : `sum ${sum}, largest ${max}, smallest ${min}`,
      remedy: 'Scale the weights to sum 1, none above 0.5 and none below 0.',
      evidence: Object.entries(spec.weights).map(([name, value]) => `${name}: ${value}`),
    }),
  ]
}
