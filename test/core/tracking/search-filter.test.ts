import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFault } from '../../../core/platform/fault.ts'
import { parseFilter, parseOrder, type Searchable } from '../../../core/tracking/search-filter.ts'
import { type Candidate, compareBy, matches } from '../../../core/tracking/search-match.ts'

const searchable: Searchable = {
  subjects: ['metric', 'param', 'tag', 'attribute'],
  numbers: ['start_time'],
  texts: ['status', 'run_id', 'run_name'],
}
const parse = (text: string) => parseFilter(text, searchable)

const candidate: Candidate = {
  attributes: { status: 'FINISHED', start_time: 1000, run_id: 'abc', run_name: 'First_100%' },
  metrics: new Map([
    ['loss', 0.5],
    ['eval/acc top', 1],
    ['bad', Number.NaN],
  ]),
  params: { lr: '1e-4', 'a.b': 'x' },
  tags: { team: 'red', 'mlflow.user': 'ann' },
}

describe('a filter', () => {
  it.each([
    ['', true],
    ['metrics.loss < 0.6', true],
    ['metrics.loss<.4', false],
    ['metric.loss >= 5e-1 and params.lr = "1e-4"', true],
    ["METRICS.loss = 0.5 AND attributes.status = 'FINISHED' AND tags.team != 'blue'", true],
    ["status = 'RUNNING'", false],
    ["attribute.run_id IN ('x', 'abc')", true],
    ["run_id NOT IN ('x', 'abc')", false],
    ['metrics.`eval/acc top` = 1', true],
    ['metrics."eval/acc top" != 1', false],
    ["params.a.b = 'x'", true],
    ["tags.mlflow.user LIKE 'a%'", true],
    ["tags.mlflow.user LIKE 'A%'", false],
    ["tags.mlflow.user ILIKE 'A_N'", true],
    ["run_name LIKE '%100%'", true],
    ["run_name LIKE 'First'", false],
    ['metrics.missing != 3', false],
    ["params.missing = 'x'", false],
    ['params.missing IS NULL', true],
    ['params.lr is not null', true],
    ['metrics.bad > 0', false],
    ['metrics.bad != 0', true],
    ['start_time > -5', true],
    ["tags.toString = 'x'", false],
  ])('%s is %s', (text, expected) => {
    expect(matches(candidate, parse(text))).toBe(expected)
  })

  it.each([
    ['metrics.a > 1 OR metrics.b > 1', 'uses OR'],
    ['(metrics.a > 1)', 'parentheses'],
    ["metrics.a > 'x'", `has "'x'" where a number should be`],
    ['metrics.a LIKE 3', 'compares metric "a" by LIKE'],
    ['params.a = x', 'where text in quotes should be'],
    ["params.a > '1'", 'compares param "a" by >'],
    ["attributes.owner = 'x'", 'attribute "owner"'],
    ["datasets.name = 'x'", 'datasets'],
    ["things.a = 'x'", 'begins with "things"'],
    ['metrics.a', 'has its end where a comparison should be'],
    ['metrics.a > 1 AND', 'ends with AND'],
    ['metrics.a > 1 metrics.b > 2', 'where AND should be'],
    ["run_id IN ('a'", 'where ")" should be'],
    ["status = 'unfinished", 'text in quotes'],
    ['metrics.a > 1x', 'where a number should be'],
    ['metrics. > 1', 'a key'],
  ])('%s is refused by name', (text, why) => {
    expect(() => parse(text)).toThrow(why)
  })

  it('of any text is parsed or refused, never broken', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        try {
          expect(Array.isArray(parse(text))).toBe(true)
        } catch (error) {
          expect(isFault(error, 'invalid')).toBe(true)
        }
      }),
    )
  })

  it('finds the very value it names, whatever characters it has', () => {
    const value = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !text.includes("'"))
    fc.assert(
      fc.property(value, (text) => {
        const tagged = { ...candidate, tags: { team: text } }
        expect(matches(tagged, parse(`tags.team = '${text}'`))).toBe(true)
        expect(matches(tagged, parse(`tags.team != '${text}'`))).toBe(false)
        const like = text.replaceAll(/[^%]/gu, (c, i) => (i % 2 ? '_' : c))
        expect(
          matches(tagged, parse(`tags.team LIKE '${[...text].every((c) => c.length === 1) ? like : text}%'`)),
        ).toBe(true)
      }),
    )
  })

  it('with many wildcards takes no time to speak of', () => {
    const long = { ...candidate, tags: { team: 'a'.repeat(8000) } }
    expect(matches(long, parse(`tags.team LIKE '${'%a'.repeat(100)}b'`))).toBe(false)
  })
})

describe('an order', () => {
  const order = (...texts: string[]) => compareBy(texts.map((text) => parseOrder(text, searchable)))
  const withLoss = (loss: number | undefined): Candidate => ({
    ...candidate,
    metrics: new Map(loss === undefined ? [] : [['loss', loss]]),
  })

  it('puts NaN and what is missing last, both ways', () => {
    const all = [undefined, Number.NaN, 2, 1].map(withLoss)
    const values = (text: string) => all.toSorted(order(text)).map(({ metrics }) => metrics.get('loss'))
    expect(values('metrics.loss')).toEqual([1, 2, Number.NaN, undefined])
    expect(values('metrics.loss DESC')).toEqual([2, 1, Number.NaN, undefined])
    expect(values('metrics.loss ASC')).toEqual([1, 2, Number.NaN, undefined])
  })

  it('goes on with the next key where the first is equal', () => {
    const [a, b] = [withLoss(1), { ...withLoss(1), params: { lr: '0' } }]
    expect([a, b].toSorted(order('metrics.loss', 'params.lr'))).toEqual([b, a])
    expect([b, a].toSorted(order('metrics.loss', 'params.lr DESC'))).toEqual([a, b])
  })

  it.each([
    ['metrics.loss SIDEWAYS', 'where ASC or DESC should be'],
    ['', 'a name'],
  ])('%s is refused', (text, why) => {
    expect(() => parseOrder(text, searchable)).toThrow(why)
  })
})
