import { grad, jit, numpy as np, tree } from '@jax-js/jax'
import { describe, expect, it } from 'vitest'
import { initialAdapter, type LoraShape, mergeAdapter } from '../../containers/tiny-trainer/lora.ts'
import { dpoLoss, grpoLoss, type Scores, scoreTokens, sftLoss } from '../../containers/tiny-trainer/losses.ts'
import { projections, type Weights } from '../../containers/tiny-trainer/model.ts'
import { compileGradient } from '../../containers/tiny-trainer/policy.ts'
import { normal, uniform } from '../../containers/tiny-trainer/random.ts'
import { loadWeights, weightTree } from '../../containers/tiny-trainer/weights.ts'
import { plainLlama } from './plain-llama.ts'
import { smallConfig, smallTensors } from './small-model.ts'

const rows = 4
const width = 8
const lora: LoraShape = { r: 2, lora_alpha: 4, target_modules: [...projections] }
const slots = initialAdapter(smallConfig, lora, 3).map((slot, k) => {
  return { ...slot, value: Float32Array.from(slot.value, (v, i) => v + 0.3 * normal(1, 8, i, k)) }
})

const numbers = (size: number, stream: number, scale = 1) =>
  Float32Array.from({ length: size }, (_, i) => scale * normal(2, stream, i))
const mask = () => Float32Array.from({ length: rows * width }, (_, i) => (i % width > 2 && i % width < 7 ? 1 : 0))
const array = (data: Float32Array<ArrayBuffer>, shape: number[]) => np.array(data, { shape })
const tokens = () =>
  np.array(
    Int32Array.from({ length: rows * (width + 1) }, (_, i) => Math.floor(104 * uniform(4, 4, i))),
    { shape: [rows, width + 1], dtype: np.int32 },
  )

/** Near the policy's own log-probabilities, so that ratios fall on both sides of the clip range but on no kink. */
const nearby = (scale: number, stream: number) => {
  const base = compileGradient({ config: smallConfig, base: f32(), lora }, 1.3, (scores: Scores) =>
    scores.logp.ref.sum(),
  )
  const { logp } = base(slots, { tokens: tokens() })
  return logp.map((value, i) => value + scale * normal(6, stream, i)) as Float32Array<ArrayBuffer>
}

const f32 = () => loadWeights(smallConfig, smallTensors())
const f64 = (): Weights => {
  const tensors = smallTensors()
  return weightTree(smallConfig, (name) =>
    np.array(Float64Array.from(tensors[name]!.data), { shape: tensors[name]!.shape }),
  )
}

type Loss = (scores: Scores, batch: Record<string, np.Array>) => np.Array
const grpoBatch = (fresh: number) => ({
  mask: array(mask(), [rows, width]),
  weights: array(mask().map((m) => m / 16) as Float32Array<ArrayBuffer>, [rows, width]),
  advantages: array(numbers(rows, 5), [rows, 1]),
  old: array(nearby(0.3, 1), [rows, width]),
  reference: array(nearby(0.5, 2), [rows, width]),
  fresh: array(Float32Array.of(fresh), [1]),
})
const grpo =
  (beta: number): Loss =>
  (scores, batch) =>
    grpoLoss(scores, batch as never, { beta, low: 0.2, high: 0.28 })
const cases: { name: string; temperature: number; loss: Loss; batch: () => Record<string, np.Array> }[] = [
  {
    name: 'SFT',
    temperature: 1,
    loss: (scores, batch) => sftLoss(scores, batch as never),
    batch: () => ({ weights: array(mask().map((m) => m / 16) as Float32Array<ArrayBuffer>, [rows, width]) }),
  },
  {
    name: 'DPO with label smoothing',
    temperature: 1,
    loss: (scores, batch) => dpoLoss(scores, batch as never, 0.5, 0.1),
    batch: () => ({
      mask: array(mask(), [rows, width]),
      reference: array(Float32Array.of(-18, -17, -21, -19), [rows]),
      weights: array(Float32Array.of(0.5, 0.5), [2]),
    }),
  },
  {
    name: 'GRPO with stale log-probabilities, clipping and KL',
    temperature: 1.3,
    loss: grpo(0.1),
    batch: () => grpoBatch(0),
  },
  { name: 'GRPO without KL', temperature: 1.3, loss: grpo(0), batch: () => grpoBatch(0) },
]

describe('the adapter gradient', () => {
  for (const { name, temperature, loss, batch } of cases) {
    it(`of ${name} agrees with fourth-order central differences`, () => {
      const value = (adapter: np.Array[], weights: Weights, input: Record<string, np.Array>): np.Array => {
        const { tokens: ids, ...rest } = input
        return loss(
          scoreTokens(smallConfig, mergeAdapter(smallConfig, lora, weights, adapter), ids!, temperature),
          rest,
        )
      }
      const weights = f64()
      const input = { tokens: tokens(), ...batch() }
      const evaluate = jit(value)
      const at = (shift: number, direction: Float64Array[]) => {
        const adapter = slots.map(({ value: v, shape }, k) =>
          np.array(
            Float64Array.from(v, (x, i) => x + shift * direction[k]![i]!),
            { shape },
          ),
        )
        return (evaluate(adapter, tree.ref(weights), tree.ref(input)) as np.Array).item()
      }
      const still = slots.map(({ value: v }) => new Float64Array(v.length))
      const start = slots.map(({ value: v, shape }) => np.array(Float64Array.from(v), { shape }))
      const exact = (jit(grad(value))(start, tree.ref(weights), tree.ref(input)) as np.Array[]).map((g) => g.dataSync())

      const h = 5e-3
      let squaredError = 0
      let squares = 0
      for (const [k, slot] of slots.entries()) {
        for (let i = 0; i < slot.value.length; i += 7) {
          still[k]![i] = 1
          const difference = (8 * (at(h, still) - at(-h, still)) - (at(2 * h, still) - at(-2 * h, still))) / (12 * h)
          still[k]![i] = 0
          squaredError += (difference - exact[k]![i]!) ** 2
          squares += difference ** 2
        }
      }
      expect(squares).toBeGreaterThan(1e-6)
      expect(Math.sqrt(squaredError / squares)).toBeLessThan(5e-4)

      const single = compileGradient({ config: smallConfig, base: f32(), lora }, temperature, loss as never)
      const graded = single(slots, { tokens: tokens(), ...batch() })
      const flat = graded.gradients.flatMap((g) => [...g])
      const target = exact.flatMap((g) => [...g])
      const error = Math.hypot(...flat.map((g, i) => g - target[i]!)) / Math.hypot(...target)
      expect(error).toBeLessThan(2e-5)
      expect(graded.loss).toBeCloseTo(at(0, still), 4)
    })
  }
})

describe('the loss', () => {
  const policy = () => ({ config: smallConfig, base: f32(), lora })
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
  const rowSum = (values: Float32Array, row: number) => sum([...values].slice(row * width, (row + 1) * width))
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))

  it('of DPO is the published formula on the log-probabilities', () => {
    const { loss, batch } = cases[1]!
    const graded = compileGradient(policy(), 1, loss as never)(slots, { tokens: tokens(), ...batch() })
    const masked = graded.logp.map((l, i) => l * mask()[i]!)
    const reference = [-18, -17, -21, -19]
    const gain = (row: number) => rowSum(masked, row) - reference[row]!
    const margins = [0, 1].map((pair) => 0.5 * (gain(pair) - gain(pair + 2)))
    const expected = margins.map((m) => -0.9 * Math.log(sigmoid(m)) - 0.1 * Math.log(sigmoid(-m)))
    expect(graded.loss).toBeCloseTo(sum(expected) / 2, 4)
  })

  it('of GRPO is the published formula, with both sides clipped and k3 KL', () => {
    const { temperature, loss, batch } = cases[2]!
    const [old, reference, advantages] = [nearby(0.3, 1), nearby(0.5, 2), numbers(rows, 5)]
    const graded = compileGradient(policy(), temperature, loss as never)(slots, { tokens: tokens(), ...batch() })
    const sides = { low: 0, high: 0 }
    const terms = [...graded.logp].map((logp, i) => {
      if (mask()[i] === 0) return 0
      const advantage = advantages[Math.floor(i / width)]!
      const ratio = Math.exp(logp - old[i]!)
      if (ratio > 1.28 && advantage > 0) sides.high++
      if (ratio < 0.8 && advantage < 0) sides.low++
      const clipped = Math.min(1.28, Math.max(0.8, ratio))
      const drift = reference[i]! - logp
      return -Math.min(ratio * advantage, clipped * advantage) + 0.1 * (Math.exp(drift) - drift - 1)
    })
    expect(Math.min(sides.low, sides.high)).toBeGreaterThan(0)
    expect(graded.loss).toBeCloseTo(sum(terms) / 16, 4)
  })

  it('of SFT is the mean negative log-probability that a plain double-precision Llama gives the targets', () => {
    const plain = compileGradient(policy(), 1, cases[0]!.loss as never)
    const unchanged = slots.map((slot) => ({ ...slot, value: new Float32Array(slot.value.length) }))
    const graded = plain(unchanged, { tokens: tokens(), ...cases[0]!.batch() })
    const ids = [...tokens().dataSync()]
    const expected = Array.from({ length: rows }, (_, row) => {
      const sequence = ids.slice(row * (width + 1), (row + 1) * (width + 1))
      const logps = plainLlama(smallConfig, smallTensors(), sequence.slice(0, width))
      return logps.map((dist, t) => dist[sequence[t + 1]!]!)
    }).flat()
    for (const [i, logp] of graded.logp.entries()) expect(logp).toBeCloseTo(expected[i]!, 4)
    expect(graded.loss).toBeCloseTo(-sum(expected.map((logp, i) => logp * mask()[i]!)) / 16, 4)
  })

  it('of a fresh GRPO batch does not depend on the stored old log-probabilities, and its ratio is exactly 1', () => {
    const gradient = compileGradient(policy(), 1.3, grpo(0) as never)
    const first = gradient(slots, { tokens: tokens(), ...grpoBatch(1) })
    const other = gradient(slots, { tokens: tokens(), ...grpoBatch(1), old: np.zeros([rows, width]) })
    expect(other.gradients).toEqual(first.gradients)
    expect(first.loss).toBeCloseTo(-sum([...numbers(rows, 5)]) / 4, 5)
  })
})
