import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeNumbers, encodeNumbers } from '../../../core/metrics/encode-numbers.ts'

function roundTrip(numbers: number[]): number[] {
  const bytes = encodeNumbers(Float64Array.from(numbers))
  // As a driver hands them out: a view into a larger buffer, at any offset.
  const view = new Uint8Array(bytes.length + 3).subarray(3)
  view.set(bytes)
  return [...decodeNumbers(view, numbers.length)]
}

const decimal = fc
  .tuple(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), fc.integer({ min: 0, max: 15 }))
  .map(([whole, exponent]) => whole / 10 ** exponent)
const binary = fc
  .tuple(fc.integer({ min: -(2 ** 30), max: 2 ** 30 }), fc.integer({ min: 0, max: 60 }))
  .map(([whole, exponent]) => whole / 2 ** exponent)
const special = fc.constantFrom(
  0,
  -0,
  Number.NaN,
  Infinity,
  -Infinity,
  5e-324,
  Number.MAX_VALUE,
  2 ** 53,
  -(2 ** 53),
  2 ** 52,
)
const float32 = fc.float().map(Math.fround)
const whole = fc.maxSafeInteger()
const near = fc.double({ min: 1, max: 1.5, noNaN: true })
const smooth = fc
  .tuple(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), fc.double({ noNaN: true, min: -1, max: 1 }), fc.nat(60))
  .map(([from, by, count]) => Array.from({ length: count }, (_, i) => from + by * i * i))

it('numbers of every kind come back to the bit', () => {
  const column = (each: fc.Arbitrary<number>) => fc.array(each, { maxLength: 60 })
  const columns = fc.oneof(
    column(decimal),
    column(binary),
    column(fc.oneof(decimal, binary)),
    column(float32),
    column(near),
    column(near.map((value) => -value)),
    column(whole),
    column(fc.double()),
    column(special),
    column(fc.oneof({ weight: 6, arbitrary: decimal }, special)),
    column(fc.oneof({ weight: 6, arbitrary: float32 }, special)),
    smooth,
  )
  fc.assert(
    fc.property(columns, (numbers) => {
      expect(roundTrip(numbers)).toStrictEqual(numbers)
    }),
    { numRuns: 5000 },
  )
})

it('long columns of every width come back to the bit', () => {
  for (let bits = 0; bits <= 53; bits++) {
    const numbers = Array.from(
      { length: 300 },
      (_, i) => Math.floor(((i * 0.6180339887498949) % 1) * 2 ** bits) - 2 ** 40,
    )
    expect(roundTrip(numbers)).toStrictEqual(numbers)
  }
})

const rows = Array.from({ length: 200 }, (_, i) => i)
it.each([
  ['a constant', rows.map(() => 0.1), 9],
  ['steps that follow each other', rows.map((i) => 4000 + i), 7],
  ['a schedule of second order', rows.map((i) => 5 * i * i), 10],
  ['four decimals below 6.5', rows.map((i) => Math.round(Math.abs(Math.sin(i * i)) * 65000) / 10000), 4 + 2 * 200],
  ['means over 64 answers', rows.map((i) => ((i * i * 37) % 65) / 64), 4 + (7 * 200) / 8],
  ['values of float32', rows.map((i) => Math.fround(1 + Math.sin(i * i) / 2)), 5 + 3.125 * 200],
  ['values of float64', rows.map((i) => Math.sin(i * i)), 1 + 8 * 200],
])('%s: in so many bytes', (_, numbers, bytes) => {
  expect(encodeNumbers(Float64Array.from(numbers)).length).toBeLessThanOrEqual(bytes)
  expect(roundTrip(numbers)).toStrictEqual(numbers)
})

it('bytes of another form are refused, bytes that end early too', () => {
  expect(() => decodeNumbers(Uint8Array.of(9, 0, 0), 1)).toThrow('unknown form 9')
  for (const numbers of [
    [1.5, 2.7, 9.1, 8.3],
    [1, 2, 4, 9, 17],
    [1.1, 1e300, 7],
  ]) {
    const bytes = encodeNumbers(Float64Array.from(numbers))
    for (let size = 0; size < bytes.length; size++)
      expect(() => decodeNumbers(bytes.subarray(0, size), numbers.length)).toThrow(RangeError)
  }
})

it('any bytes are numbers or a RangeError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(40), (bytes, count) => {
      try {
        expect(decodeNumbers(bytes, count)).toHaveLength(count)
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
      }
    }),
    { numRuns: 2000 },
  )
})
