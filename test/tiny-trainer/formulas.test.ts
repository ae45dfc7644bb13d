import { describe, expect, it } from 'vitest'
import { adamw, clipGradients, createSlot } from '../../containers/tiny-trainer/adamw.ts'
import { createOrder, paddedLength } from '../../containers/tiny-trainer/batches.ts'
import { replyMask, tokenWeights } from '../../containers/tiny-trainer/grpo.ts'
import { learningRate } from '../../containers/tiny-trainer/learning-rate.ts'
import { permutation, philox, uniform } from '../../containers/tiny-trainer/random.ts'
import { ratioStatistics } from '../../containers/tiny-trainer/ratio-statistics.ts'
import { createReward, groupAdvantages } from '../../containers/tiny-trainer/rewards.ts'

describe('GRPO formulas', () => {
  it('normalises rewards within their group by mean and sample deviation', () => {
    const { advantages, deviations } = groupAdvantages([1, 0, 0, 1, 3, 3, 3, 3], 4, 'group')
    const deviation = Math.sqrt(1 / 3)
    expect(deviations[0]).toBeCloseTo(deviation, 12)
    expect(deviations[1]).toBe(0)
    expect([...advantages.slice(0, 4)].map((a) => a * (deviation + 1e-4))).toEqual(
      [0.5, -0.5, -0.5, 0.5].map((a) => expect.closeTo(a, 6)),
    )
    expect([...advantages.slice(4)]).toEqual([0, 0, 0, 0])
  })

  it('only centres rewards when they are not scaled', () => {
    expect([...groupAdvantages([2, 0], 2, 'none').advantages]).toEqual([1, -1])
  })

  it('computes k3 KL, clipped share and loss as by hand', () => {
    const log = Math.log
    const result = ratioStatistics({
      logp: Float32Array.of(log(0.5), log(0.2), log(0.9), -1),
      old: Float32Array.of(log(0.25), log(0.4), log(0.9), -1),
      reference: Float32Array.of(log(0.25), log(0.2), log(0.9), -1),
      mask: Float32Array.of(1, 1, 1, 0),
      weights: Float32Array.of(0.5, 0.5, 1, 0),
      entropy: Float32Array.of(1, 2, 3, 4),
      advantages: [1, -2],
      width: 2,
      clip: { low: 0.2, high: 0.28 },
      beta: 0.1,
    })
    // Row 0 has ratios 2 and 0.5 at advantage 1: only the first is clipped. Row 1 has ratio 1 at advantage -2.
    expect(result.clip_fraction).toBeCloseTo(1 / 3, 6)
    expect(result.policy_loss).toBeCloseTo(-(0.5 * 1.28 + 0.5 * 0.5) + 2, 5)
    expect(result.kl_ref).toBeCloseTo((0.5 - log(0.5) - 1) / 3, 6)
    expect(result.entropy).toBeCloseTo(2, 6)
  })

  it('weighs tokens per sequence for grpo and over the whole batch for dapo', () => {
    const sequences = [
      { ids: [1, 2, 3], from: 1, advantage: 0 },
      { ids: [1, 2, 3, 4], from: 3, advantage: 0 },
    ]
    const mask = replyMask(sequences, 3)
    expect([...mask]).toEqual([1, 1, 0, 0, 0, 1])
    expect([...tokenWeights(sequences, mask, 3, 'grpo')]).toEqual([0.25, 0.25, 0, 0, 0, 0.5])
    expect([...tokenWeights(sequences, mask, 3, 'dapo')].map((w) => w * 3)).toEqual(
      [1, 1, 0, 0, 0, 1].map((w) => expect.closeTo(w, 6)),
    )
  })
})

describe('rewards', () => {
  const reward = createReward([
    { type: 'format', pattern: '<answer>\\d+</answer>|none', weight: 1 },
    { type: 'exact_match', answer_pattern: '<answer>(\\d+)</answer>', weight: 2 },
  ])

  it('adds the weights of what a response meets', () => {
    expect(reward('<answer>19</answer>', '19')).toEqual({ total: 3, format: true })
    expect(reward('<answer>18</answer>', '19')).toEqual({ total: 1, format: true })
    expect(reward('it is <answer>19</answer>', '19')).toEqual({ total: 2, format: false })
    expect(reward('19', '19')).toEqual({ total: 0, format: false })
  })

  it('matches the format against the whole response, also with alternatives and line ends', () => {
    expect(reward('none at all', 'x').format).toBe(false)
    expect(reward('<answer>1</answer>\n', 'x').format).toBe(false)
  })
})

describe('the optimizer', () => {
  it('takes AdamW steps with decoupled decay as by hand', () => {
    const slot = createSlot('w', [1], Float32Array.of(2))
    adamw([slot], [Float32Array.of(0.5)], 1, { learningRate: 0.1, weightDecay: 0.01 })
    expect(slot.value[0]).toBeCloseTo(2 - 0.1 * (1 + 0.01 * 2), 6)
    adamw([slot], [Float32Array.of(-1)], 2, { learningRate: 0.1, weightDecay: 0 })
    const m = (0.9 * 0.05 - 0.1) / (1 - 0.81)
    const v = (0.999 * 0.00025 + 0.001) / (1 - 0.998001)
    expect(slot.value[0]).toBeCloseTo(1.898 - 0.1 * (m / Math.sqrt(v)), 5)
  })

  it('clips by the global norm, reports the norm before it, and leaves small gradients alone', () => {
    const gradients = [Float32Array.of(3), Float32Array.of(0, 4)]
    expect(clipGradients(gradients, 1)).toBe(5)
    expect(Math.hypot(...gradients.flatMap((g) => [...g]))).toBeCloseTo(1, 5)
    const small = [Float32Array.of(0.5)]
    clipGradients(small, 1)
    expect(small[0]![0]).toBe(0.5)
    expect(clipGradients([Float32Array.of(Number.NaN)], 1)).toBeNaN()
  })

  it('follows each schedule after a linear warm-up', () => {
    const rate = (type: 'constant' | 'linear' | 'cosine', step: number) =>
      learningRate({ learning_rate: 1, lr_scheduler_type: type, warmup_steps: 2 }, step, 10)
    expect([1, 2, 3].map((step) => rate('constant', step))).toEqual([0, 0.5, 1])
    expect(rate('linear', 7)).toBeCloseTo(0.5, 12)
    expect(rate('cosine', 7)).toBeCloseTo(0.5, 12)
    expect(rate('cosine', 5)).toBeCloseTo(0.5 * (1 + Math.cos(Math.PI / 4)), 12)
  })
})

describe('counter-based random numbers', () => {
  it('reproduce the published test vectors of Philox 4x32-10 with a key of two words', () => {
    expect(philox([0, 0, 0, 0], 0)).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8])
  })

  it('give every row once per epoch, in another order each epoch, from any starting batch', () => {
    const order = createOrder(11, 10)
    const epochs = [0, 1].map((epoch) => [0, 1].flatMap((batch) => order(epoch * 2 + batch, 5)))
    for (const epoch of epochs) expect([...epoch].sort((a, b) => a - b)).toEqual([...Array(10).keys()])
    expect(epochs[0]).not.toEqual(epochs[1])
    expect(createOrder(11, 10)(3, 5)).toEqual(order(3, 5))
    expect([...permutation(1, 0, 50)]).not.toEqual([...permutation(2, 0, 50)])
  })

  it('spread evenly over [0, 1)', () => {
    const draws = Array.from({ length: 4000 }, (_, i) => uniform(3, 3, i))
    expect(draws.every((u) => u >= 0 && u < 1)).toBe(true)
    expect(draws.reduce((a, b) => a + b, 0) / draws.length).toBeCloseTo(0.5, 1)
  })

  it('pads sequences so that the model runs on a multiple of eight positions', () => {
    expect([2, 9, 10, 41].map(paddedLength)).toEqual([9, 9, 17, 41])
  })
})
