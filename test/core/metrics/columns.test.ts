import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Columns, has, toWire } from '../../../core/metrics/columns.ts'
import { decodeColumns, encodeColumns, openBytes, sealBytes } from '../../../core/metrics/encode-columns.ts'

const value = fc.oneof(
  fc.double(),
  fc.float().map(Math.fround),
  fc.nat(1000),
  fc.constantFrom(-0, Number.NaN, Infinity),
)
const table = fc.nat(40).chain((rows) =>
  fc.record(
    {
      steps: fc.array(fc.nat(), { minLength: rows, maxLength: rows }),
      times: fc.array(fc.oneof(fc.nat({ max: 2e9 }), fc.constant(Number.NaN)), { minLength: rows, maxLength: rows }),
      columns: fc.array(
        fc.tuple(
          fc.string({ unit: 'grapheme' }).filter((text) => text.isWellFormed()),
          fc.array(fc.option(value, { nil: undefined, freq: 4 }), { minLength: rows, maxLength: rows }),
        ),
        { maxLength: 6 },
      ),
    },
    { noNullPrototype: true },
  ),
)

type Table = typeof table extends fc.Arbitrary<infer T> ? T : never

function columnsOf({ steps, times, columns }: Table): Columns {
  return {
    steps: Float64Array.from(steps),
    times: Float64Array.from(times),
    columns: columns.map(([name, values]) => ({
      name,
      values: Float64Array.from(values, (each) => each ?? 7),
      ...(values.includes(undefined) && { present: Uint8Array.from(values, (each) => (each === undefined ? 0 : 1)) }),
    })),
  }
}

function tableOf({ steps, times, columns }: Columns): Table {
  const values = (column: Columns['columns'][number]) =>
    Array.from(column.values, (each, row) => (has(column, row) ? each : undefined))
  return { steps: [...steps], times: [...times], columns: columns.map((each) => [each.name, values(each)]) }
}

describe('columns', () => {
  it('come back to the bit: numbers, NaN, infinities, -0, absences, names', () => {
    fc.assert(
      fc.property(table, (rows) => {
        const bytes = encodeColumns(columnsOf(rows))
        const view = new Uint8Array(bytes.length + 3).subarray(3)
        view.set(bytes)
        expect(tableOf(decodeColumns(view))).toStrictEqual(rows)
      }),
      { numRuns: 500 },
    )
  })

  it('of another form are refused by name', () => {
    expect(() => decodeColumns(Uint8Array.of(1, 2, 3))).toThrow('metrics of the unknown form 1')
    expect(() => decodeColumns(new Uint8Array())).toThrow('metrics of the unknown form undefined')
  })

  it('are never longer for being compressed', () => {
    const noise = Uint8Array.from({ length: 500 }, (_, i) => (i * i * 7919 + (i >> 3) * 31) % 251)
    for (const bytes of [noise, new Uint8Array(500), new Uint8Array()]) {
      expect(sealBytes(bytes).length).toBeLessThanOrEqual(bytes.length + 2)
      expect([...openBytes(sealBytes(bytes))]).toEqual([...bytes])
    }
  })
})

it('values go over the wire as numbers where JSON has one', () => {
  expect([1.5, -0, Number.NaN, Infinity, -Infinity].map(toWire)).toEqual([1.5, -0, 'NaN', 'Infinity', '-Infinity'])
})
