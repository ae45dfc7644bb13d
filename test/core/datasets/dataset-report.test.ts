import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDatasetReport } from '../../../core/datasets/dataset-report.ts'
import { createFoldedTexts } from '../../../core/datasets/folded-texts.ts'
import { rowFacts } from '../../../core/datasets/row-facts.ts'
import { createTally } from '../../../core/datasets/tally.ts'
import { words } from '../../../core/text/row-text.ts'
import { DatasetReport } from '../../../schemas/dataset.ts'
import type { Row } from '../../../schemas/rows.ts'

function reportOf(rows: Row[]): DatasetReport {
  const report = createDatasetReport()
  for (const row of rows) report.add(row, JSON.stringify(row))
  return DatasetReport.parse(JSON.parse(JSON.stringify(report.finish())))
}

describe('a report', () => {
  it('counts words, characters, turns and tool calls of each row, and its labels', () => {
    const call = { type: 'function' as const, function: { name: 'add', arguments: '{}' } }
    const report = reportOf([
      { prompt: 'two words', completion: 'and three more', task: 'math', role: 'tutor' },
      { prompt: 'p', completion: 'c', task: 'math', label: true },
      {
        messages: [
          { role: 'system', content: 's' },
          { role: 'user', content: 'u' },
          { role: 'assistant', content: '', tool_calls: [call, call] },
          { role: 'tool', content: '3' },
          { role: 'assistant', content: 'three' },
        ],
        task: 'code',
      },
    ])
    expect(report.rows).toBe(3)
    const shown = (name: string) => {
      const { min, max, mean } = report.columns[name] ?? {}
      return { min, max, mean }
    }
    expect(shown('words')).toEqual({ min: 2, max: 5, mean: 11 / 3 })
    expect(shown('characters')).toEqual({ min: 3, max: 24, mean: 39 / 3 })
    expect(shown('turns')).toEqual({ min: 1, max: 1, mean: 1 })
    expect(shown('tool_calls')).toEqual({ min: 0, max: 2, mean: 2 / 3 })
    expect(report.columns.tokens_estimated?.n).toBe(3)
    expect(report.categories).toEqual({ task: { math: 2, code: 1 }, role: { tutor: 1 }, label: { true: 1 } })
  })

  it('counts rows that repeat an earlier one, case and white space ignored', () => {
    const rows = ['What is 1 + 1?', 'what  IS\n1 + 1? ', '\u00a0What is 1\u3000+ 1?', 'Whatis 1 + 1?', 'What is 1 + 1']
    expect(reportOf(rows.map((prompt) => ({ prompt, answer: 'two' }))).exact_duplicates).toBe(2)
  })

  it('shows the first five rows, cut where they are long', () => {
    const { samples } = reportOf(
      ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => ({ id, prompt: 'é😀'.repeat(400), answer: 'x' })),
    )
    expect(samples.map((sample) => sample.slice(0, 8))).toEqual(['a', 'b', 'c', 'd', 'e'].map((id) => `{"id":"${id}`))
    for (const sample of samples)
      expect([sample.length, sample.isWellFormed(), sample.at(-1)]).toEqual([1000, true, '…'])
  })

  it('is the same for the same rows, and takes columns of another description', () => {
    const rows = Array.from({ length: 50 }, (_, i) => ({ prompt: `q ${i % 7}`, answer: 'a' }))
    expect(reportOf(rows)).toEqual(reportOf(rows))
    const own = createDatasetReport(() => ({ text: '', columns: { depth: 3 }, categories: {} }))
    for (const row of rows) own.add(row, '{}')
    expect(own.finish()).toMatchObject({ exact_duplicates: 49, columns: { depth: { n: 50, mean: 3 } }, categories: {} })
  })
})

it('words of a row are those that `words` finds', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (prompt, completion) => {
      const { columns, text } = rowFacts({ prompt, completion })
      expect(columns.words).toBe(words(text).length)
    }),
    { seed: 1, numRuns: 500 },
  )
})

describe('texts are told apart', () => {
  it('as their folded forms are', () => {
    const folded = (text: string) => text.toLowerCase().replaceAll(/\s+/g, ' ').trim()
    const texts = fc.array(fc.string({ unit: fc.constantFrom('a', 'A', 'b', ' ', '\n', '\t', '\u2009', 'É', 'é') }), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(texts, (given) => {
        const seen = new Set<string>()
        const tells = createFoldedTexts()
        for (const text of given) {
          expect(tells.isRepeat(text)).toBe(seen.has(folded(text)))
          seen.add(folded(text))
        }
      }),
      { seed: 2, numRuns: 300 },
    )
  })

  it('also 200,000 of them that differ in little', () => {
    const tells = createFoldedTexts()
    let repeats = 0
    for (let i = 0; i < 200_000; i++) if (tells.isRepeat(`row ${i}`)) repeats += 1
    expect(repeats).toBe(0)
    for (let i = 0; i < 200_000; i++) if (tells.isRepeat(`ROW  ${i}`)) repeats += 1
    expect(repeats).toBe(200_000)
  })
})

describe('a tally', () => {
  it('shows the 100 most frequent labels, and counts the rest as one', () => {
    const tally = createTally()
    for (let i = 0; i < 300; i++) for (let times = 0; times <= i; times++) tally.add(`label ${i}`)
    const shown = tally.toJSON()
    expect(Object.keys(shown)).toHaveLength(101)
    expect(shown).toMatchObject({ 'label 299': 300, 'label 200': 201 })
    expect(shown['label 199']).toBeUndefined()
    expect(shown['(other)']).toBe((200 * 201) / 2)
    expect(Object.values(shown).reduce((sum, count) => sum + count)).toBe((300 * 301) / 2)
  })

  it('stays small, whatever it is given', () => {
    const tally = createTally()
    for (let i = 0; i < 30_000; i++) tally.add(`${i} ${'x'.repeat(1000)}`)
    for (let i = 0; i < 3; i++) tally.add('late, although frequent')
    tally.add('__proto__')
    const shown = tally.toJSON()
    expect(Object.values(shown).reduce((sum, count) => sum + count)).toBe(30_004)
    expect(shown['late, although frequent']).toBeUndefined()
    expect(JSON.stringify(shown).length).toBeLessThan(20_000)
  })
})

it('an upload and a build count the tokens of a pair alike: the prompt and the longer side', () => {
  const pair = { prompt: 'Which is longer?', chosen: 'word '.repeat(50).trim(), rejected: 'no' }
  const { prompt, chosen } = pair
  const longer = rowFacts({ prompt, completion: chosen }).columns.tokens_estimated as number
  expect(Math.abs((rowFacts(pair).columns.tokens_estimated as number) - longer)).toBeLessThanOrEqual(1)
})
