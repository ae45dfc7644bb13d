import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createByteReader, createByteWriter } from '../../../core/metrics/bytes.ts'
import { readNumbers, writeNumbers } from '../../../core/metrics/encode-numbers.ts'

function encoded(numbers: number[]): Uint8Array {
  const out = createByteWriter()
  writeNumbers(out, numbers)
  return out.done()
}

const roundTrip = (numbers: number[]) => readNumbers(createByteReader(encoded(numbers)), numbers.length)

const decimal = fc
  .tuple(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), fc.integer({ min: 0, max: 12 }))
  .map(([whole, exponent]) => whole / 10 ** exponent)
const binary = fc
  .tuple(fc.integer({ min: -(2 ** 30), max: 2 ** 30 }), fc.integer({ min: 0, max: 24 }))
  .map(([whole, exponent]) => whole / 2 ** exponent)
const special = fc.constantFrom(
  0,
  -0,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  5e-324,
  Number.MAX_VALUE,
  2 ** 53,
  -(2 ** 53),
)
const float32 = fc.float().map(Math.fround)

it('numbers of every kind come back to the bit', () => {
  const column = (each: fc.Arbitrary<number>) => fc.array(each, { maxLength: 40 })
  const columns = fc.oneof(
    column(decimal),
    column(binary),
    column(fc.oneof(decimal, binary)),
    column(float32),
    column(fc.double()),
    column(fc.oneof({ weight: 6, arbitrary: decimal }, special)),
    column(fc.oneof({ weight: 6, arbitrary: float32 }, special)),
  )
  fc.assert(
    fc.property(columns, (numbers) => {
      expect(roundTrip(numbers)).toStrictEqual(numbers)
    }),
    { numRuns: 2000 },
  )
})

it('-0 among decimals stays -0', () => {
  expect(roundTrip([-0, 0.5, -1.25, 0.25, 3, 4, 5, 6, 7, 8, 9.5])).toStrictEqual([
    -0, 0.5, -1.25, 0.25, 3, 4, 5, 6, 7, 8, 9.5,
  ])
})

it('whole numbers whose differences are no whole numbers any more come back too', () => {
  const far = Array.from({ length: 40 }, (_, i) =>
    i % 2 ? Number.MAX_SAFE_INTEGER - i : Number.MIN_SAFE_INTEGER + 3 * i,
  )
  expect(roundTrip(far)).toStrictEqual(far)
})

const rows = Array.from({ length: 200 }, (_, i) => i)
it.each([
  ['a constant learning rate', rows.map(() => 2e-5), 9],
  ['steps that follow each other', rows.map((i) => 4000 + i), 17],
  ['four decimals below 6.5', rows.map((i) => Math.round(Math.abs(Math.sin(i)) * 65000) / 10000), 11 + 2 * 200],
  ['means over 64 answers', rows.map((i) => ((i * 37) % 65) / 64), 11 + 200],
  ['values of float32', rows.map((i) => Math.fround(Math.sin(i))), 1 + 4 * 200],
  ['values of float64', rows.map((i) => Math.sin(i)), 1 + 8 * 200],
])('%s: %#', (_, numbers, bytes) => {
  expect(encoded(numbers)).toHaveLength(bytes)
  expect(roundTrip(numbers)).toStrictEqual(numbers)
})

it('bytes of another form are refused', () => {
  expect(() => readNumbers(createByteReader(Uint8Array.of(9, 0, 0)), 1)).toThrow('unknown form 9')
  expect(() => readNumbers(createByteReader(encoded([1.5, 2.7, 9.1]).subarray(0, 5)), 3)).toThrow(RangeError)
})
