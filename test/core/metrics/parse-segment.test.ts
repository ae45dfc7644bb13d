import { expect, it } from 'vitest'
import { parseSegment } from '../../../core/metrics/parse-segment.ts'

const ts = '2026-01-01T00:00:00.000Z'
const good = (step: number) => JSON.stringify({ step, ts, data: { loss: step / 2 } })

it('junk lines are counted and stand in nobody’s way', () => {
  const junk = [
    'not json',
    '{"step":1',
    'null',
    '[]',
    `{"step":-1,"ts":"${ts}","data":{}}`,
    `{"step":1.5,"ts":"${ts}","data":{}}`,
    `{"step":1,"ts":"yesterday","data":{}}`,
    `{"step":1,"ts":"${ts}","data":{"loss":null}}`,
    `{"step":1,"ts":"${ts}","data":{"loss":NaN}}`,
    `{"step":1,"ts":"${ts}","data":{"loss":"nan"}}`,
    `{"step":1,"ts":"${ts}","data":{},"extra":1}`,
  ]
  const text = junk.flatMap((line, i) => [good(i), line]).join('\r\n')
  const parsed = parseSegment(`\n${text}\n\n`)
  expect(parsed.junk).toBe(junk.length)
  expect(parsed.lines.map((line) => line.step)).toEqual(junk.map((_, i) => i))
})

it('non-finite values and a broken last line come through as what they are', () => {
  const { lines, junk } = parseSegment(`{"step":1,"ts":"${ts}","data":{"a":"NaN","b":"-Infinity","c":-0}}\n{"step":2,`)
  expect(lines).toEqual([{ step: 1, ts, data: { a: 'NaN', b: '-Infinity', c: -0 } }])
  expect(junk).toBe(1)
})
