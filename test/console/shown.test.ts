import { describe, expect, it } from 'vitest'
import { checksBySubject } from '../../console/src/parts/checks-by-subject.ts'
import { movedStatistics, movedTallies } from '../../console/src/parts/moved.ts'
import { groupColumns } from '../../console/src/parts/report-columns.ts'
import { rowParts } from '../../console/src/parts/row-parts.ts'
import { bytes, count, plural, pretty, share } from '../../console/src/state/format.ts'
import { newestFirst } from '../../console/src/state/newest-first.ts'
import type { Check } from '../../schemas/preflight.ts'

describe('numbers', () => {
  it('are grouped, and cut to four digits when they are not whole', () => {
    expect([count(1234567), count(0.123456), count(null), count(-3)]).toEqual(['1,234,567', '0.1235', 'none', '-3'])
    expect([plural(1, 'row'), plural(2000, 'row')]).toEqual(['1 row', '2,000 rows'])
    expect([share(1, 3), share(0, 0)]).toEqual(['33.3%', '0%'])
    expect([bytes(0), bytes(1023), bytes(1024), bytes(5 * 1024 ** 3)]).toEqual(['0 B', '1,023 B', '1 KiB', '5 GiB'])
  })
})

describe('a row', () => {
  const labels = (row: object) => rowParts(JSON.stringify(row)).map(({ label, text }) => `${label}: ${text}`)

  it('reads as question and answer, and keeps every other field', () => {
    expect(labels({ task: 'math', completion: 'b', prompt: 'a', meta: { from: 1 } })).toEqual([
      'prompt: a',
      'completion: b',
      'task: math',
      'meta: {"from":1}',
    ])
  })

  it('reads as a conversation, with calls of tools', () => {
    const call = { type: 'function', function: { name: 'weigh', arguments: '{}' } }
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: '', tool_calls: [call] },
    ]
    expect(labels({ messages })).toEqual(['user: hi', `assistant calls: ${JSON.stringify([call])}`])
  })

  it('that is no JSON object is shown as it is', () => {
    for (const text of ['{"cut', '[1]', '3', '']) expect(rowParts(text)).toEqual([{ label: 'row', text }])
    expect(pretty('{"cut')).toBe('{"cut')
  })
})

describe('what moved', () => {
  const spread = (mean: number, p50: number) => ({
    n: 2,
    min: 0,
    max: 9,
    mean,
    quantiles: { p01: 0, p05: 0, p10: 0, p25: 0, p50, p75: 0, p90: 0, p95: 8, p99: 9 },
    histogram: { edges: [0, 9], counts: [2] },
  })

  it('names only the statistics that differ, with the change', () => {
    expect(movedStatistics({ words: { from: spread(4, 0), to: spread(5, 3) } })).toEqual([
      { column: 'words', statistic: 'mean', from: 4, to: 5, change: '+25%' },
      { column: 'words', statistic: 'median', from: 0, to: 3, change: '+3' },
    ])
  })

  it('says new and gone of a column that one side lacks', () => {
    expect(movedStatistics({ words: { from: null, to: spread(5, 3) } }).map(({ change }) => change)).toContain('new')
    expect(movedStatistics({ words: { from: spread(5, 3), to: null } }).map(({ change }) => change)).toContain('gone')
  })

  it('lists values of categories by how far they moved', () => {
    expect(movedTallies({ task: { from: { a: 5, b: 1, same: 2 }, to: { b: 2, c: 9, same: 2 } } })).toEqual([
      { category: 'task', value: 'c', from: 0, to: 9 },
      { category: 'task', value: 'a', from: 5, to: 0 },
      { category: 'task', value: 'b', from: 1, to: 2 },
    ])
  })
})

it('versions, which come by digest, are shown by time', () => {
  const at = (day: number) => ({ created_at: `2026-11-0${day}T00:00:00.000Z` })
  expect(newestFirst([at(2), at(3), at(1)])).toEqual([at(3), at(2), at(1)])
})

it('difficulty has columns and a tally of its own, and empty categories are left out', () => {
  const spread = { n: 0, min: null, max: null, mean: null, quantiles: null, histogram: { edges: [], counts: [] } }
  const groups = groupColumns({
    columns: { words: spread, difficulty_len: spread, difficulty_new: spread },
    categories: { task: { a: 1 }, style: {}, difficulty: { easy: 1 } },
  })
  expect(groups.columns.map(([name]) => name)).toEqual(['words'])
  expect(groups.categories.map(([name]) => name)).toEqual(['task'])
  expect(groups.difficulty.columns.map(({ name }) => name)).toEqual(['tokens', 'new'])
  expect(groups.difficulty.tally).toEqual({ easy: 1 })
})

it('checks are grouped by subject, what failed before the rest', () => {
  const check = (name: string, subject: string, status: Check['status']): Check => ({
    name,
    subject,
    status,
    value: 1,
    threshold: '2',
    message: '',
    evidence: [],
  })
  const checks = [
    check('a', 'calm', 'pass'),
    check('b', 'bad', 'pass'),
    check('c', 'bad', 'fail'),
    check('d', 'odd', 'warn'),
  ]
  const names = (wanted: Parameters<typeof checksBySubject>[1]) =>
    checksBySubject(checks, wanted).map(
      (group) => `${group.subject}: ${group.checks.map(({ name }) => name).join(' ')}`,
    )
  expect(names('all')).toEqual(['bad: c b', 'odd: d', 'calm: a'])
  expect(names('warn')).toEqual(['odd: d'])
})
