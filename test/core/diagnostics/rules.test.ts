import { describe, expect, it } from 'vitest'
import { brief, find, noisy, rowsOf, steps } from './support.ts'

const nan = Number.NaN

describe('non_finite', () => {
  it('is critical at the first NaN of the loss, one finding for all metrics that go with it', () => {
    const found = find(
      'sft',
      rowsOf({ total_loss: [2, 1.9, nan, nan], grad_norm_actor: [1, 1, 1, nan], entropy: [1, 1, nan, 1] }),
    )
    expect(brief(found)).toEqual(['0.1.non_finite.3 critical', '0.1.non_finite.3.other medium'])
    expect(found[0]).toMatchObject({ metric: 'total_loss', value: 'NaN', stops: true, threshold: null })
  })

  for (const metric of [
    'total_loss',
    'policy_loss',
    'value_loss',
    'reward_mean',
    'kl_ref',
    'grad_norm_actor',
    'grad_norm_critic',
  ]) {
    it(`watches ${metric}, from the first row on, for infinities too`, () => {
      expect(find('grpo', rowsOf({ [metric]: [Number.POSITIVE_INFINITY, 1] }))).toMatchObject([
        { id: '0.1.non_finite.1', severity: 'critical', metric, value: 'Infinity' },
      ])
    })
  }

  it('is medium for another canonical metric, low for any other, and names it', () => {
    expect(find('grpo', rowsOf({ reward_std: [0.1, nan] }))).toMatchObject([
      { severity: 'medium', metric: 'reward_std' },
    ])
    const found = find('grpo', rowsOf({ 'completions/mean_terminated': [0.1, nan] }))
    expect(found).toMatchObject([{ severity: 'low', metric: 'completions/mean_terminated' }])
  })

  it('takes what stands where a row lacks the metric for nothing', () => {
    const rows = rowsOf({ total_loss: [1, undefined, 1] })
    rows.columns[0]!.values[1] = nan
    expect(find('sft', rows)).toEqual([])
  })
})

describe('kl_explosion', () => {
  it('is critical when five of ten steps are above twice the threshold', () => {
    expect(find('grpo', rowsOf({ kl_ref: steps([20, 0.1], [5, 2.1]) }))).toMatchObject([
      { id: '0.1.kl_explosion.21', severity: 'critical', threshold: 2 },
    ])
  })

  it('is high above 1.5 times, medium above once, and silent on spikes and at the threshold', () => {
    expect(brief(find('grpo', rowsOf({ kl_ref: steps([20, 0.1], [5, 1.6]) })))).toEqual(['0.1.kl_explosion.21 high'])
    expect(brief(find('grpo', rowsOf({ kl_ref: steps([20, 0.1], [5, 1.1]) })))).toEqual(['0.1.kl_explosion.21 medium'])
    expect(find('grpo', rowsOf({ kl_ref: steps([20, 0.1], [3, 900], [20, 0.1]) }))).toEqual([])
    expect(find('grpo', rowsOf({ kl_ref: steps([50, 1]) }))).toEqual([])
  })

  it('sees an explosion that comes and goes', () => {
    const flicker = Array.from({ length: 20 }, (_, row) => (row % 2 ? 5 : 0.5))
    expect(find('ppo', rowsOf({ kl_ref: flicker }))[0]).toMatchObject({ severity: 'critical' })
  })
})

describe('kl_drift', () => {
  const target = { target_kl: 0.03 }

  it('is told after three steps in a row above four times the target, worse with the ratio', () => {
    const told = (value: number, count: number) =>
      brief(find('grpo', rowsOf({ kl_ref: steps([5, 0.03], [count, value]) }), target))
    expect(told(0.13, 2)).toEqual([])
    expect(told(0.13, 3)).toEqual(['0.1.kl_drift.6 medium'])
    expect(told(0.25, 3)).toEqual(['0.1.kl_drift.6 high'])
    expect(told(0.4, 20)).toEqual(['0.1.kl_drift.6 high'])
    expect(told(0.5, 5)).toEqual(['0.1.kl_drift.6 high'])
    expect(told(0.5, 6)).toEqual(['0.1.kl_drift.6 critical'])
  })

  it('is off without a target, and the rule has its own before the guard', () => {
    const rows = rowsOf({ kl_ref: steps([5, 0.03], [6, 0.5]) })
    expect(find('grpo', rows)).toEqual([])
    const diagnostics = { kl_drift: { target_kl: 0.2 } } as never
    expect(find('grpo', rows, { ...target, diagnostics })).toEqual([])
  })
})

describe('loss_plateau', () => {
  it('tells a run that never learned, by patience, and never for RL', () => {
    const flat = rowsOf({ total_loss: noisy(400, 2, 0.05) })
    expect(find('sft', flat)).toMatchObject([{ rule: 'loss_plateau', severity: 'medium' }])
    expect(find('grpo', flat)).toEqual([])
    expect(find('ppo', flat)).toEqual([])
    expect(find('something new', flat)).toEqual([])
    const patient = { diagnostics: { loss_plateau: { patience: 100 } } as never }
    expect(find('sft', flat, patient)).toMatchObject([{ severity: 'high' }])
    expect(find('sft', flat, { diagnostics: { loss_plateau: { patience: 20 } } as never })).toMatchObject([
      { severity: 'low' },
    ])
  })

  it('says no more than low of a run that has learned and then stands still at its full rate', () => {
    const losses = noisy(900, (row) => 1 + Math.exp(-row / 30), 0.01)
    expect(find('sft', rowsOf({ total_loss: losses, learning_rate: steps([900, 1e-5]) }))).toMatchObject([
      { rule: 'loss_plateau', severity: 'low' },
    ])
    const decayed = losses.map((_, row) => 1e-5 * (1 - row / 900) ** 4)
    expect(find('sft', rowsOf({ total_loss: losses, learning_rate: decayed }))).toEqual([])
  })

  it('takes a constant, a zero and a negative loss', () => {
    expect(find('sft', rowsOf({ total_loss: steps([300, 2]) }))).toMatchObject([{ severity: 'medium' }])
    expect(find('sft', rowsOf({ total_loss: steps([300, 0]) }))).toEqual([])
    expect(find('dpo', rowsOf({ total_loss: noisy(300, (row) => -row / 100, 0.05) }))).toEqual([])
    expect(find('dpo', rowsOf({ total_loss: noisy(400, -1, 0.02) }))).toMatchObject([{ severity: 'medium' }])
  })

  it('does not ask a warm-up to learn, nor a resumed run to learn again', () => {
    const head = { planned_steps: 4000, hyperparameters: { warmup_steps: 250 } }
    expect(find('dpo', rowsOf({ total_loss: noisy(350, Math.LN2, 0.002) }), head)).toEqual([])
    const resumed = rowsOf(
      { total_loss: noisy(150, 1, 0.05) },
      Array.from({ length: 150 }, (_, row) => 901 + row),
    )
    expect(find('sft', resumed, { resumed_from_step: 900 })).toEqual([])
  })

  it('tells a loss that rises: high, with its own id', () => {
    const rising = noisy(300, (row) => (row < 150 ? 1 + Math.exp(-row / 30) : 1 + (row - 150) / 40), 0.03)
    expect(find('sft', rowsOf({ total_loss: rising }))).toMatchObject([
      { rule: 'loss_plateau', severity: 'high', ended: false },
    ])
    expect(find('sft', rowsOf({ total_loss: rising }))[0]!.id).toMatch(/\.rise$/)
  })
})

describe('reward_collapse', () => {
  const curve = (low: number, high: number, after: number) =>
    noisy(400, (row) => (row < 250 ? low + (high - low) * Math.min(1, row / 150) : after), 0.03 * Math.abs(high - low))

  for (const [low, high] of [
    [0, 1],
    [-10, -1],
    [-1, 0],
    [100, 104],
  ] as const) {
    it(`is critical when a reward that rose from ${low} to ${high} goes back, and high at 60 %`, () => {
      expect(find('grpo', rowsOf({ reward_mean: curve(low, high, low) }))).toMatchObject([
        { rule: 'reward_collapse', severity: 'critical' },
      ])
      expect(find('ppo', rowsOf({ reward_mean: curve(low, high, high - 0.6 * (high - low)) }))).toMatchObject([
        { severity: 'high' },
      ])
      expect(find('ppo', rowsOf({ reward_mean: curve(low, high, high - 0.3 * (high - low)) }))).toEqual([])
    })
  }

  it('needs no rise before: a good start that is lost counts', () => {
    expect(find('grpo', rowsOf({ reward_mean: noisy(300, (row) => (row < 150 ? 0.7 : 0.05), 0.05) }))).toMatchObject([
      { severity: 'critical' },
    ])
  })

  it('lets a dip pass, a constant, a noise without trend, and a short run', () => {
    expect(
      find('grpo', rowsOf({ reward_mean: noisy(400, (row) => (row >= 200 && row < 212 ? 0 : 0.8), 0.05) })),
    ).toEqual([])
    expect(find('grpo', rowsOf({ reward_mean: steps([500, -3]) }))).toEqual([])
    for (let seed = 0; seed < 20; seed++)
      expect(find('grpo', rowsOf({ reward_mean: noisy(3000, 0, 1, seed) }))).toEqual([])
    expect(find('grpo', rowsOf({ reward_mean: [1, 0, 0] }))).toEqual([])
  })

  it('tells responses that are all cut off and alike: high, critical when it lasts', () => {
    const rows = (count: number) =>
      rowsOf({
        reward_mean: steps([count, 0.1]),
        reward_std: steps([count, 0]),
        response_clip_ratio: steps([count, 0.8]),
      })
    expect(find('grpo', rows(19))).toEqual([])
    expect(brief(find('grpo', rows(25)))).toEqual(['0.1.reward_collapse.1 high'])
    expect(brief(find('grpo', rows(60)))).toContain('0.1.reward_collapse.1 critical')
  })

  it('is off where reward_mean is that of chosen answers', () => {
    expect(find('dpo', rowsOf({ reward_mean: curve(0, 1, -4) }))).toEqual([])
  })
})

describe('zero_signal_groups', () => {
  const rewards = [{ type: 'exact_match', weight: 1 }]
  const rows = (share: number, reward: number, count = 60) =>
    rowsOf({ frac_reward_zero_std: steps([count, share]), reward_mean: steps([count, reward]) })

  it('is high when all are wrong, critical when nothing at all had a signal for 200 steps', () => {
    const head = { hyperparameters: { rewards } }
    expect(find('grpo', rows(0.97, 0), head)).toMatchObject([{ rule: 'zero_signal_groups', severity: 'high' }])
    expect(find('grpo', rows(0.97, 0, 400), head)).toMatchObject([{ severity: 'high', stops: false }])
    expect(find('grpo', rows(1, 0, 400), head)).toMatchObject([{ severity: 'critical', stops: true }])
  })

  it('is low, with other words, when all are right', () => {
    const found = find('grpo', rows(1, 1, 400), { hyperparameters: { rewards } })
    expect(found).toMatchObject([{ severity: 'low' }])
    expect(found[0]!.message).toContain('nearly all right')
  })

  it('says nothing of most groups, or of a short stretch', () => {
    expect(find('grpo', rows(0.9, 0, 400))).toEqual([])
    expect(find('grpo', rows(1, 0, 15))).toEqual([])
  })
})
