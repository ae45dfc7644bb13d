import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toColumns, toWire } from '../../../core/metrics/columns.ts'
import { decodeColumns, encodeColumns } from '../../../core/metrics/encode-columns.ts'
import type { MetricLine } from '../../../schemas/trainer-contract.ts'
import { metricLines } from '../support/metric-lines.ts'

const roundTrip = (lines: MetricLine[]) => {
  const columns = toColumns(lines)
  const bytes = encodeColumns(columns)
  // As a driver hands them out: a view into a larger buffer, at any offset.
  const view = new Uint8Array(bytes.length + 3).subarray(3)
  view.set(bytes)
  return { columns, decoded: decodeColumns(view) }
}

describe('columns', () => {
  it('come back to the bit: numbers, NaN, infinities, -0, absences, names', () => {
    fc.assert(
      fc.property(metricLines(), (lines) => {
        const { columns, decoded } = roundTrip(lines)
        expect(decoded).toStrictEqual(columns)
      }),
      { numRuns: 300 },
    )
  })

  it('hold exactly what the lines say', () => {
    fc.assert(
      fc.property(metricLines(), (lines) => {
        const { decoded } = roundTrip(lines)
        lines.forEach((line, row) => {
          const values = decoded.names.flatMap((name, column) => {
            const value = decoded.values[column]?.[row]
            return value === undefined ? [] : [[name, toWire(value)] as const]
          })
          expect(new Map(values)).toEqual(new Map(Object.entries(line.data)))
          expect(decoded.steps[row]).toBe(line.step)
        })
      }),
    )
  })

  it('tell NaN from an absence', () => {
    const ts = '2026-01-01T00:00:00.000Z'
    const { decoded } = roundTrip([
      { step: 1, ts, data: { loss: 'NaN' } },
      { step: 2, ts, data: {} },
      { step: 3, ts, data: { loss: -0 } },
    ])
    expect(decoded.values).toStrictEqual([[Number.NaN, undefined, -0]])
  })

  it('take a metric named like an inherited property as any other', () => {
    const ts = '2026-01-01T00:00:00.000Z'
    const { decoded } = roundTrip([
      { step: 1, ts, data: { constructor: 1 } as MetricLine['data'] },
      { step: 2, ts, data: { loss: 2 } },
    ])
    expect(decoded).toStrictEqual({
      steps: [1, 2],
      names: ['constructor', 'loss'],
      values: [
        [1, undefined],
        [undefined, 2],
      ],
    })
  })
})
