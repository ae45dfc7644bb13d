import { describe, expect, it } from 'vitest'
import { parseMetricLines } from '../../../core/metrics/parse-metric-lines.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)
const parse = (text: string) => parseMetricLines(bytesOf(text), { whole: true })
const ts = '2026-01-01T00:00:00.000Z'
const time = Date.parse(ts)

describe('a line in the form of', () => {
  it.each([
    ['ours', { step: 7, ts, data: { loss: 0.5, note: 'x' } }, { step: 7, time, data: { loss: 0.5 } }],
    [
      'verl',
      { step: 7, data: { 'actor/pg_loss': 0.5 } },
      { step: 7, time: Number.NaN, data: { 'actor/pg_loss': 0.5 } },
    ],
    ['TRL', { loss: 0.5, epoch: 0.01, step: 7 }, { step: 7, time: Number.NaN, data: { loss: 0.5, epoch: 0.01 } }],
    [
      'LLaMA-Factory',
      { current_steps: 7, total_steps: 90, loss: 0.5, percentage: 7.8, elapsed_time: '0:00:09' },
      { step: 7, time: Number.NaN, data: { total_steps: 90, loss: 0.5, percentage: 7.8 } },
    ],
    [
      'groups',
      {
        step: 7,
        timestamp: time / 1000,
        loss: { actor_loss: 1, total_loss: 2 },
        kl: { mean: 0.1 },
        raw: { 'actor/lr': 3 },
      },
      { step: 7, time, data: { 'loss/actor_loss': 1, 'loss/total_loss': 2, 'kl/mean': 0.1, 'actor/lr': 3 } },
    ],
    [
      'a callback',
      { global_step: 7, time: time + 1, done: true, data: 5 },
      { step: 7, time: time + 1, data: { done: 1, data: 5 } },
    ],
  ])('%s is read', (_, line, row) => {
    const twice = parse(`${JSON.stringify(line)}\n${JSON.stringify(line)}\n`)
    expect(twice).toMatchObject({ lines: [row, row], junk_lines: 0 })
    expect(twice.lines[1]).toStrictEqual({ ...row })
  })
})

it.each([
  ['2026-01-01T00:00:00.000Z', 0],
  ['2026-01-01T00:00:01.250000+00:00', 1250],
  ['2026-01-01 01:00:01,5+01:00', 1500],
  ['2026-01-01T00:00', 0],
  ['2025-12-31T23:00:00.123-0100', 123],
  [time / 1000 + 0.125, 125],
  [time + 3, 3],
  [(time + 4) * 1000, 4],
  [(time + 5) * 1e6, 5],
])('the time %j is understood', (given, later) => {
  const line = JSON.stringify({ step: 1, ts: given, data: {} })
  expect(parse(`${line}\n${line}`).lines.map((each) => each.time)).toEqual([time + later, time + later])
})

it.each(['yesterday', '', null, 12.5, -1, {}, '2026-13-01T00:00:00.000Z', '2026-01-01T25:00:00.000Z'])(
  'the time %j is none',
  (given) => {
    const good = JSON.stringify({ step: 1, ts, data: { a: 1 } })
    const bad = JSON.stringify({ step: 1, ts: given, data: { a: 1 } })
    expect(parse([good, bad, bad].join('\n')).lines.map((each) => each.time)).toEqual([time, Number.NaN, Number.NaN])
  },
)

describe('what is not finite', () => {
  it.each(['NaN', 'nan', '-nan', '"NaN"', '"nan"', 'null'])('as %s is NaN', (word) => {
    const { lines, junk_lines } = parse(
      `{"step":1,"loss":${word}}\n{"step":2,"loss":1}\n{"step":3,"loss": ${word}}\n{"step":4,"loss":${word}}`,
    )
    expect([junk_lines, lines.map(({ data }) => data.loss)]).toEqual([0, [Number.NaN, 1, Number.NaN, Number.NaN]])
  })

  it.each([
    ['Infinity', Infinity],
    ['-Infinity', -Infinity],
    ['"-inf"', -Infinity],
    ['inf', Infinity],
    ['1e999', Infinity],
    ['+Infinity', Infinity],
  ])('as %s is itself', (word, value) => {
    const { lines } = parse(`{"step":1,"a":1}\n{"step":1,"a":${word}}\n{"step":1,"a":${word}}`)
    expect(lines.map(({ data }) => data.a)).toEqual([1, value, value])
  })

  it('is not seen in null of a name that was never a number, nor in words of a text', () => {
    expect(
      parse(
        '{"step":1,"x":null,"note":"all NaN, and -Infinity"}\n{"step":2,"x":NaN,"note":"\\"NaN"}\n{"step":3,"x":null}',
      ).lines,
    ).toEqual([
      { step: 1, time: Number.NaN, data: {} },
      { step: 2, time: Number.NaN, data: { x: Number.NaN } },
      { step: 3, time: Number.NaN, data: { x: Number.NaN } },
    ])
  })
})

it('a name becomes a metric in the midst of lines of one shape', () => {
  const data = (words: string[]) =>
    parse(words.map((word) => `{"step":1,"x":${word},"a":1}`).join('\n')).lines.map((each) => each.data.x)
  expect(data(['null', 'null', '1', 'null'])).toEqual([undefined, undefined, 1, Number.NaN])
  expect(data(['"x"', '"y"', '"NaN"', '"-inf"', '"z"'])).toEqual([
    undefined,
    undefined,
    Number.NaN,
    -Infinity,
    undefined,
  ])
})

it('junk lines are counted, kept aside with their reason, and stand in nobody’s way', () => {
  const junk: [string, string][] = [
    ['not json', 'not JSON'],
    ['{"step":1', 'not JSON'],
    ['null', 'not an object'],
    ['[]', 'not an object'],
    ['{"loss":1}', 'no step'],
    ['{"step":-1,"loss":1}', 'step is no whole number from 0'],
    ['{"step":1.5,"loss":1}', 'step is no whole number from 0'],
    ['{"step":"1","loss":1}', 'step is no whole number from 0'],
    ['{"step":null,"loss":1}', 'step is no whole number from 0'],
    ['{"step":1e17,"loss":1}', 'step is no whole number from 0'],
    ['{"step":1,"loss":nanometre}', 'not JSON'],
    ['{"step":1,"loss":01}', 'not JSON'],
    ['{"step":1,"loss":1}}', 'not JSON'],
  ]
  const good = (step: number) => JSON.stringify({ step, loss: step / 2 })
  const text = junk.flatMap(([line], i) => [good(i), line]).join('\r\n')
  const parsed = parse(`\ufeff\n${text}\n \n`)
  expect(parsed.lines.map(({ step }) => step)).toEqual(junk.map((_, i) => i))
  expect(parsed.junk.map(({ text, reason }) => [text, reason])).toEqual(junk)
  expect(parsed.junk[0]?.line).toBe(3)
})

it('bytes that are no UTF-8 are junk, in texts of a known shape too', () => {
  const good = '{"step":1,"note":"abc","loss":1}\n'
  const bad = bytesOf(good)
  bad[18] = 0xff
  const parsed = parseMetricLines(Uint8Array.of(...bytesOf(good + good), ...bad, ...bytesOf(good)), { whole: true })
  expect([parsed.lines.length, parsed.junk.map(({ reason }) => reason)]).toEqual([3, ['not UTF-8']])
})

it('a half-written last line is left while the file grows, and junk when it is whole', () => {
  const text = '{"step":1,"loss":1}\n{"step":2,"lo'
  expect(parseMetricLines(bytesOf(text), { whole: false })).toMatchObject({
    lines: [{ step: 1 }],
    consumed: 20,
    junk_lines: 0,
  })
  expect(parseMetricLines(bytesOf(text), { whole: true })).toMatchObject({
    lines: [{ step: 1 }],
    consumed: text.length,
    junk_lines: 1,
  })
  expect(parse('{"step":1,"loss":1}').lines).toHaveLength(1)
})

it('a line longer than 1 MB is junk, one of 1 MB is not', () => {
  const line = (size: number) => `{"step":1,"note":"${'x'.repeat(size - 20)}"}`
  const { lines, junk } = parse([line(1024 * 1024), line(1024 * 1024 + 1), line(50)].join('\n'))
  expect([lines.length, junk.map(({ line: number, text }) => [number, text.length])]).toEqual([2, [[2, 200]]])
})

it('deep nesting is bounded, hostile names are names', () => {
  const deep = `{"step":1,"x":${'{"y":'.repeat(5000)}1${'}'.repeat(5000)},"__proto__":1,"constructor":2,"toString":{"a":3}}`
  const [row] = parse(`${deep}\n`).lines
  expect(Object.entries(row?.data ?? {})).toEqual([
    ['__proto__', 1],
    ['constructor', 2],
    ['toString/a', 3],
  ])
})

it('the last of two equal keys wins', () => {
  const line = '{"step":1,"a":1,"a":2,"b":{"c":3},"b/c":4}'
  expect(parse(`${line}\n${line}`).lines.map(({ data }) => data)).toEqual([
    { a: 2, 'b/c': 4 },
    { a: 2, 'b/c': 4 },
  ])
})
