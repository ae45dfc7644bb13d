import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalOf } from '../../../core/metrics/names.ts'
import { parseMetricLines } from '../../../core/metrics/parse-metric-lines.ts'
import { parseTime } from '../../../core/metrics/parse-time.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)
const parse = (text: string) => parseMetricLines(bytesOf(text), { whole: true })

describe('by shape', () => {
  const key = fc.constantFrom('loss', 'kl', 'a', 'b', 'c/d', 'note', 'ü', 'a"b', 'data', 'raw', 'time')
  const leaf = fc.oneof(
    { weight: 6, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
    { weight: 3, arbitrary: fc.integer() },
    fc.constantFrom(null, true, false, 'NaN', '-Infinity', 'text', 'näh', '"', '', [1], []),
  )
  const fields = fc.dictionary(
    key,
    fc.oneof({ weight: 5, arbitrary: leaf }, fc.dictionary(key, leaf, { maxKeys: 3, noNullPrototype: true })),
    { maxKeys: 6, noNullPrototype: true },
  )
  const shapes = fc.array(fields, { minLength: 1, maxLength: 3 })
  const style = fc.constantFrom(
    (text: unknown) => JSON.stringify(text),
    (text: unknown) => JSON.stringify(text, undefined, 1).replaceAll('\n', ''),
  )

  function oracle(lines: string[]): object[] {
    const known = new Set<string>()
    const words: Record<string, number> = { NaN: Number.NaN, '-Infinity': -Infinity }
    return lines.map((line) => {
      const { step, ...rest } = JSON.parse(line) as Record<string, unknown>
      if (!Number.isNaN(parseTime(rest.time))) delete rest.time
      const found: [string, unknown][] = []
      const walk = (prefix: string, each: object) => {
        for (const [name, value] of Object.entries(each)) {
          found.push([prefix + name, value])
          if (typeof value === 'object' && value !== null && !Array.isArray(value)) walk(`${prefix}${name}/`, value)
        }
      }
      for (const [name, value] of Object.entries(rest)) {
        const opens =
          (name === 'data' || name === 'raw') && typeof value === 'object' && value !== null && !Array.isArray(value)
        walk('', opens ? (value as object) : { [name]: value })
      }
      const data = new Map<string, number>()
      const number = (value: unknown) =>
        typeof value === 'boolean'
          ? Number(value)
          : typeof value === 'string'
            ? words[value]
            : typeof value === 'number'
              ? value
              : undefined
      for (const [name, value] of found)
        if (number(value) !== undefined || (value === null && canonicalOf(name))) known.add(name)
      for (const [name, value] of found) {
        if (!known.has(name)) continue
        const own = value === null ? Number.NaN : number(value)
        if (own !== undefined) data.set(name, own)
      }
      return { step, data: Object.fromEntries([...data].sort()) }
    })
  }

  it('lines say what JSON.parse says, whatever shapes follow each other', () => {
    const lines = fc.array(fc.tuple(fc.nat(2), fc.nat(), fc.array(leaf, { minLength: 6, maxLength: 6 })), {
      minLength: 1,
      maxLength: 25,
    })
    fc.assert(
      fc.property(shapes, style, lines, (kinds, write, rows) => {
        const texts = rows.map(([which, step, leaves]) => {
          const shape = kinds[which % kinds.length] as Record<string, unknown>
          const entries = Object.entries(shape).map(([name, value], i) => [
            name,
            typeof value === 'object' && value !== null ? value : leaves[i],
          ])
          return write({ step, ...Object.fromEntries(entries) })
        })
        const parsed = parse(texts.join('\n'))
        expect(parsed.junk).toEqual([])
        const got = parsed.lines.map(({ step, data }) => ({
          step,
          data: Object.fromEntries(Object.entries(data).sort()),
        }))
        expect(got).toStrictEqual(oracle(texts))
      }),
      { numRuns: 3000 },
    )
  })

  it('any bytes are rows or junk, never an error', () => {
    const pieces = fc.constantFrom(
      '{"step":1,',
      '"a":',
      '1.5',
      'NaN',
      '"',
      '}',
      '{',
      ',',
      '\n',
      '\\',
      'null',
      '\r\n',
      '[',
      ']',
      '-',
      'e5',
      '\u0000',
      'ä',
    )
    const text = fc.array(pieces, { maxLength: 60 }).map((all) => bytesOf(all.join('')))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), text), fc.boolean(), (bytes, whole) => {
        const head = bytesOf('{"step":1,"a":1,"n":"x"}\n{"step":2,"a":2,"n":"y"}\n')
        const parsed = parseMetricLines(Uint8Array.of(...head, ...bytes), { whole })
        expect(parsed.lines.length + parsed.junk_lines).toBeGreaterThanOrEqual(2)
      }),
      { numRuns: 3000 },
    )
  })
})
