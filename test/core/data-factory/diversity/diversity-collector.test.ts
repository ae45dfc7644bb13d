import { describe, expect, it } from 'vitest'
import {
  createDiversityCollector,
  type DiversityOptions,
  type DiversitySample,
} from '../../../../core/data-factory/diversity/diversity-collector.ts'
import { measureLengths } from '../../../../core/data-factory/diversity/lengths.ts'
import { measureMix } from '../../../../core/data-factory/diversity/mix.ts'
import { shuffledOrder } from '../../../../core/data-factory/diversity/shuffle.ts'
import { wordHashes } from './real-texts.ts'

const options: DiversityOptions = { seed: 3, lengths: { min: 64, max: 4096 } }
const sample = (i: number, more: Partial<DiversitySample> = {}): DiversitySample => ({
  task: 'gsm8k',
  template: `t${i % 2}`,
  role: `r${i % 5}`,
  style: i % 3 ? `s${i % 3}` : undefined,
  text: `Sample ${i}: the ${i % 7} birds – ${'小明有苹果'.slice(0, i % 5)} fly over hill ${String.fromCharCode(97 + (i % 26))}.`,
  tokens: 100,
  ...more,
})

function collect(samples: DiversitySample[], more: Partial<DiversityOptions> = {}) {
  const collector = createDiversityCollector({ ...options, ...more })
  for (const each of samples) collector.add(each)
  return collector.finish()
}
const many = (count: number, more?: Partial<DiversitySample>) =>
  Array.from({ length: count }, (_, i) => sample(i, more))

describe('the collector', () => {
  it('measures each task apart', () => {
    const { tasks, mix } = collect([...many(600), ...many(200, { task: 'hotpotqa', role: 'r', tokens: 63 })], {
      mix: { gsm8k: 0.75, hotpotqa: 0.25 },
    })
    expect(tasks.map(({ task, n }) => [task, n])).toEqual([
      ['gsm8k', 600],
      ['hotpotqa', 200],
    ])
    const [gsm8k, hotpotqa] = tasks
    expect(gsm8k?.roles).toMatchObject({ value: 5, without: 0, flags: [], samples: { r0: 120, r4: 120 } })
    expect(gsm8k?.styles).toMatchObject({ value: 2, without: 200, flags: ['samples_without'], samples: { s1: 200 } })
    expect(gsm8k?.lengths).toMatchObject({ value: 0, below: 0, above: 0, distribution: { mean: 100 } })
    expect(hotpotqa?.lengths).toMatchObject({ value: 1, below: 200 })
    expect(gsm8k?.kl3.groups.map(({ attribute }) => attribute).sort()).toEqual([
      'style',
      'style',
      'template',
      'template',
    ])
    expect(gsm8k?.kl3.flags).toEqual(['not_by_role'])
    expect(hotpotqa?.kl3).toMatchObject({ value: null, flags: ['fewer_than_two_groups'] })
    expect(gsm8k?.distinct2).toMatchObject({ n: 600, sampled: false, flags: [] })
    expect(mix).toMatchObject({ value: 0, n: 800 })
  })

  it('gives the same figures for the same seed and samples, and takes word hashes that are known', () => {
    expect(collect(many(300))).toEqual(collect(many(300)))
    const blocks = Array.from({ length: 300 }, (_, i) => sample(i, { text: `w${i % 70} x${i % 9} `.repeat(9) }))
    const [one, other] = [3, 4].map((seed) => collect(blocks, { seed }).tasks[0]?.distinct2.value)
    expect(one).not.toBe(other)
    const collector = createDiversityCollector(options)
    for (const each of many(300)) collector.add(each, wordHashes(each.text))
    expect(collector.finish()).toEqual(collect(many(300)))
  })

  it('draws samples beyond its limit of words and says so; the figures stay near', () => {
    const whole = collect(many(6000)).tasks[0]
    const drawn = collect(many(6000), { maxWords: 30_000 }).tasks[0]
    expect(drawn?.n).toBe(6000)
    expect(drawn?.distinct2.sampled).toBe(true)
    expect(drawn?.distinct2.flags).toEqual(['sampled'])
    expect(drawn?.kl3.flags).toContain('sampled')
    expect(drawn?.distinct2.n).toBeLessThan(3500)
    expect(drawn?.distinct2.n).toBeGreaterThan(1000)
    expect(drawn?.distinct2.words).toBeLessThanOrEqual(30_000)
    expect(drawn?.distinct2.value).toBeCloseTo(whole?.distinct2.value ?? 0, 1.5)
    expect(drawn?.kl3.value).toBeCloseTo(whole?.kl3.value ?? 0, 1.5)
    expect(drawn?.roles).toEqual(whole?.roles)
  })

  it('measures the samples that were drawn, not others in their place', () => {
    // Half of the samples repeat one word: what is kept of them must still be half and half after gaps were closed.
    const words = (i: number) =>
      i % 2 ? 'same '.repeat(20) : Array.from({ length: 20 }, (_, k) => `w${i}x${k}`).join(' ')
    const measured = collect(
      Array.from({ length: 4000 }, (_, i) => sample(i, { text: words(i) })),
      { maxWords: 10_000 },
    ).tasks[0]
    expect(measured?.distinct2.perSample).toBeGreaterThan(0.45)
    expect(measured?.distinct2.perSample).toBeLessThan(0.6)
    expect(measured?.kl3.groups.find(({ name }) => name === 't1')?.excess).toBeGreaterThan(1)
  })

  it('has no task without a sample', () => {
    expect(collect([])).toMatchObject({ tasks: [], mix: { value: null, n: 0, flags: ['no_mix_requested'] } })
  })

  it('lists a hundred values at most and counts them all', () => {
    const roles = collect(Array.from({ length: 250 }, (_, i) => sample(i, { role: `role ${i}` }))).tasks[0]?.roles
    expect(roles?.value).toBe(250)
    expect(Object.keys(roles?.samples ?? {})).toHaveLength(101)
    expect(roles?.samples['(other)']).toBe(150)
  })
})

describe('the mix', () => {
  it('is the largest difference from the requested shares, in points', () => {
    expect(measureMix({ a: 48, b: 52 }, { a: 0.45, b: 0.55 }).value).toBe(3)
    expect(measureMix({ a: 90, b: 5, c: 5 }, { a: 9, b: 1 }).value).toBe(5)
  })

  it('a task that is missing and one that nobody asked for count', () => {
    const { value, tasks } = measureMix({ a: 70, odd: 30 }, { a: 0.5, b: 0.5 })
    expect(value).toBe(50)
    expect(tasks).toEqual([
      { task: 'a', n: 70, share: 0.7, requested: 0.5, differencePoints: 20 },
      { task: 'b', n: 0, share: 0, requested: 0.5, differencePoints: -50 },
      { task: 'odd', n: 30, share: 0.3, requested: 0, differencePoints: 30 },
    ])
  })

  it('has no value without samples or without a request', () => {
    expect(measureMix({}, { a: 1 }).value).toBeNull()
    expect(measureMix({ a: 1 }, undefined)).toMatchObject({ value: null, flags: ['no_mix_requested'] })
  })
})

it('lengths at the limits are inside; one that is unknown is outside', () => {
  expect(measureLengths([63, 64, 4096, 4097, 100], options.lengths)).toMatchObject({
    value: 2 / 5,
    below: 1,
    above: 1,
    flags: [],
  })
  expect(measureLengths([64, Number.NaN], options.lengths)).toMatchObject({ value: 1 / 2, flags: ['unknown_lengths'] })
  expect(measureLengths([], options.lengths).value).toBeNull()
})

it('a shuffled order holds every place once, and each place is about as often first', () => {
  const firsts = new Uint32Array(10)
  for (let seed = 0; seed < 5000; seed++) {
    const order = shuffledOrder(10, seed)
    if (seed < 50) expect([...order].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    firsts[order[0] as number]!++
  }
  for (const count of firsts) expect(Math.abs(count - 500)).toBeLessThan(120)
})
