import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { scoreHealth, stopOf } from '../../../core/diagnostics/health.ts'
import { packNumbers, unpackNumbers } from '../../../core/diagnostics/pack-numbers.ts'
import type { Anomaly } from '../../../schemas/diagnostics.ts'

const number = fc.oneof(
  fc.double(),
  fc.float(),
  fc.maxSafeNat(),
  fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e300),
)

it('numbers come back bit for bit, and reading stops behind them', () => {
  fc.assert(
    fc.property(fc.array(number, { maxLength: 60 }), fc.uint8Array({ maxLength: 5 }), (numbers, tail) => {
      const packed = packNumbers(numbers)
      const into = new Float64Array(numbers.length)
      expect(unpackNumbers(Uint8Array.from([9, ...packed, ...tail]), 1, into)).toBe(1 + packed.length)
      numbers.forEach((each, i) => void expect(Object.is(into[i], each)).toBe(true))
    }),
  )
})

it('zeros and small whole numbers take next to nothing', () => {
  expect(packNumbers(new Float64Array(40))).toEqual([0])
  expect(packNumbers([5, 0, 0, 0])).toEqual([1, 1, 5])
})

it('cut bytes are refused', () => {
  const packed = packNumbers([1.5, 1e300, 70_000])
  for (let length = 0; length < packed.length; length++)
    expect(unpackNumbers(Uint8Array.from(packed.slice(0, length)), 0, new Float64Array(3))).toBeUndefined()
})

it('the health score and its bands', () => {
  const score = (...severities: Anomaly['severity'][]) => scoreHealth(severities.map((severity) => ({ severity })))
  expect(score()).toEqual({ score: 100, band: 'healthy', critical: 0, high: 0, medium: 0, low: 0 })
  expect(score('medium', 'low')).toMatchObject({ score: 80, band: 'healthy' })
  expect(score('medium', 'low', 'low')).toMatchObject({ score: 75, band: 'warning' })
  expect(score('critical')).toMatchObject({ score: 50, band: 'warning' })
  expect(score('critical', 'low')).toMatchObject({ score: 45, band: 'critical' })
  expect(score('critical', 'critical', 'high')).toMatchObject({ score: 0, critical: 2, high: 1 })
  const finding = (id: string, stops: boolean) => ({ id, stops }) as Anomaly
  expect(stopOf([finding('a', false), finding('b', true), finding('c', true)])?.id).toBe('b')
  expect(stopOf([])).toBeUndefined()
})
