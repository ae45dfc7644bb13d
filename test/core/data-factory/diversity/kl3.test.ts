import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Grouping, measureKl3 } from '../../../../core/data-factory/diversity/kl3.ts'
import { createDivergences } from '../../../../core/data-factory/diversity/slice-divergences.ts'
import { renderAnswer } from '../../../../core/text/row-text.ts'
import { gsm8k, gsm8kIsHere } from '../../support/gsm8k.ts'
import { math500, trigramSource } from './real-texts.ts'

const inOrder = (count: number) => Uint32Array.from({ length: count }, (_, i) => i)

/** KL(one || other) in nats. */
function between(one: string[], other: string[]): number {
  const divergences = createDivergences(trigramSource([...one, ...other]))
  return divergences.of(inOrder(one.length + other.length), [{ lane: 0, end: one.length }])[0] ?? Number.NaN
}

function naive(one: string[], other: string[]): number {
  const count = (texts: string[]) => {
    const counts = new Map<string, number>()
    for (const text of texts) {
      const plain = text
        .toLowerCase()
        .replace(/\p{Nd}/gu, '0')
        .replace(/\s+/g, ' ')
      for (let i = 0; i + 3 <= plain.length; i++)
        counts.set(plain.slice(i, i + 3), (counts.get(plain.slice(i, i + 3)) ?? 0) + 1)
    }
    return counts
  }
  const [p, q] = [count(one), count(other)]
  const kinds = [...new Set([...p.keys(), ...q.keys()])]
  const mass = (counts: Map<string, number>) =>
    [...counts.values()].reduce((sum, each) => sum + each, 0) + 0.5 * kinds.length
  const share = (counts: Map<string, number>, kind: string) => ((counts.get(kind) ?? 0) + 0.5) / mass(counts)
  return kinds.reduce((sum, kind) => sum + share(p, kind) * Math.log(share(p, kind) / share(q, kind)), 0)
}

describe.skipIf(!gsm8kIsHere)('known values (needs ../shared/data)', () => {
  const train = gsm8kIsHere ? gsm8k('train') : []
  const questions = train.map(({ question }) => question)
  const answers = train.map(({ question, answer }) => renderAnswer({ prompt: question, answer }))

  it.each([
    ['questions and MATH problems', questions.slice(0, 500), () => math500().map(({ problem }) => problem), 0.8347],
    ['questions and answers', questions.slice(0, 1000), () => answers.slice(1000, 2000), 0.3707],
    ['questions and other questions', questions.slice(0, 1000), () => questions.slice(1000, 2000), 0.0408],
  ])('of %s', (_, one, other, value) => {
    expect(between(one, other())).toBeCloseTo(value, 3.3)
  })

  it('halves of one set are no groups of their own, questions and answers are', () => {
    const texts = [...questions.slice(0, 600), ...answers.slice(600, 1200)]
    const halves = Int32Array.from(texts, (_, i) => i % 2)
    const kinds = Int32Array.from(texts, (_, i) => (i < 600 ? 0 : 1))
    const byHalf = measureKl3(trigramSource(texts), [{ attribute: 'style', names: ['a', 'b'], codes: halves }], 1)
    expect(Math.abs(byHalf.value ?? 1)).toBeLessThan(0.01)
    expect(byHalf.groups[0]?.raw).toBeGreaterThan(0.02)
    const byKind = measureKl3(trigramSource(texts), [{ attribute: 'style', names: ['a', 'b'], codes: kinds }], 1)
    expect(byKind.value).toBeGreaterThan(0.25)
  })
})

it('is what maps of 3-grams say, digits and white space made alike, ASCII or not', () => {
  const text = fc.string({ unit: fc.constantFrom(...'aAbB 12\t\n.é小明١ß'), maxLength: 30 })
  const texts = fc.array(text, { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(texts, texts, (one, other) => {
      expect(between(one, other)).toBeCloseTo(naive(one, other), 9)
    }),
    { numRuns: 40 },
  )
})

it('slices of several lanes are measured in one pass as they are alone', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 })
  fc.assert(
    fc.property(fc.array(text, { minLength: 6, maxLength: 12 }), fc.nat(5), (texts, end) => {
      const slices = [
        { lane: 0, end: 2 },
        { lane: 0, end: 6 },
        { lane: 1, end },
        { lane: 1, end: end + 1 },
      ]
      const measured = createDivergences(trigramSource(texts)).of(inOrder(texts.length), slices)
      const starts = [0, 2, 0, end]
      for (const [i, slice] of slices.entries()) {
        const own = texts.slice(starts[i], slice.end)
        const rest = [...texts.slice(0, starts[i]), ...texts.slice(slice.end)]
        expect(measured[i]).toBeCloseTo(naive(own, rest), 9)
      }
    }),
    { numRuns: 40 },
  )
})

describe('groups', () => {
  const topics = ['the river runs to the sea', 'a market sells bread and tea', 'stars turn around the pole']
  const texts = Array.from(
    { length: 900 },
    (_, i) => `${topics[i % 3]} ${'xyz'[i % 2]}${String.fromCharCode(97 + (i % 23))}`,
  )
  const grouping = (attribute: string, groups: number, sizeOfLast = 900): Grouping => ({
    attribute,
    names: Array.from({ length: groups }, (_, i) => `${attribute}${i}`),
    codes: Int32Array.from(texts, (_, i) => (i % groups === groups - 1 && i >= sizeOfLast * groups ? -1 : i % groups)),
  })

  it('that say the same as the rest have no excess; the least one decides, over every attribute', () => {
    const measured = measureKl3(trigramSource(texts), [grouping('template', 3), grouping('role', 2)], 5)
    expect(measured.flags).toEqual([])
    expect(measured.groups).toHaveLength(5)
    expect(measured.value).toBe(measured.groups[0]?.excess)
    expect(measured.groups[0]).toMatchObject({ attribute: 'role', n: 450 })
    for (const group of measured.groups) expect(group.excess).toBeCloseTo(group.raw - group.null, 12)
    const templates = measured.groups.filter(({ attribute }) => attribute === 'template')
    expect(Math.min(...templates.map(({ excess }) => excess))).toBeGreaterThan(0.5)
  })

  it('of fewer than 200 samples are not judged, and an attribute needs two', () => {
    const few = grouping('template', 2, 199)
    expect(few.codes.filter((code) => code === 1)).toHaveLength(199)
    expect(measureKl3(trigramSource(texts), [few], 5)).toMatchObject({ value: null, flags: ['fewer_than_two_groups'] })
    const enough = grouping('template', 2, 200)
    expect(measureKl3(trigramSource(texts), [enough, grouping('role', 1)], 5)).toMatchObject({
      value: expect.any(Number),
      flags: ['not_by_role'],
    })
  })

  it('without any text have no value', () => {
    const empty = trigramSource(texts.map(() => 'ab'))
    expect(measureKl3(empty, [grouping('role', 2)], 5)).toMatchObject({ value: null, flags: ['no_text'] })
  })

  it('are judged alike for one seed, and nearly so for another', () => {
    const measured = [5, 5, 6].map((seed) => measureKl3(trigramSource(texts), [grouping('role', 2)], seed).value ?? 0)
    expect(measured[0]).toBe(measured[1])
    expect(measured[0]).not.toBe(measured[2])
    expect(measured[0]).toBeCloseTo(measured[2] ?? Number.NaN, 2)
  })
})
