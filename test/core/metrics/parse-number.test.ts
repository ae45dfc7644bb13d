import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Scan, scanNumber } from '../../../core/metrics/parse-number.ts'

const scan = (text: string): Scan => ({ bytes: new TextEncoder().encode(`${text},`), at: 0, value: Number.NaN })

function read(text: string): number {
  const place = scan(text)
  expect([text, scanNumber(place)]).toEqual([text, true])
  expect(place.at).toBe(text.length)
  return place.value
}

const digits = (max: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: max })
const written = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(
      fc.constant('0'),
      fc.tuple(fc.constantFrom(...'123456789'), digits(22)).map(([a, b]) => a + b),
    ),
    fc.option(digits(25)),
    fc.option(fc.integer({ min: -340, max: 330 })),
  )
  .map(([sign, whole, fraction, exponent]) => {
    const tail = exponent === null ? '' : `e${exponent}`
    return `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${tail}`
  })

it('numbers are to the bit what Number makes of them, however they are written', () => {
  const shortest = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value))
  const usual = fc.double({ min: 1e-9, max: 1e6, noNaN: true }).map(String)
  const floats = fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => String(Math.fround(value)))
  const digits17 = fc.double({ min: 1e-20, max: 1e16, noNaN: true }).map((value) => value.toPrecision(17))
  fc.assert(
    fc.property(fc.oneof(shortest, usual, floats, digits17, written), (text) => {
      expect(read(text)).toBe(Number(text))
    }),
    { numRuns: 20_000 },
  )
})

it('halfway between two floats, and next to it, the nearest even one is found', () => {
  const halfway = fc.tuple(
    fc.bigInt(2n ** 52n, 2n ** 53n - 1n),
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: -2, max: 2 }),
  )
  fc.assert(
    fc.property(halfway, ([mantissa, shift, next]) => {
      // (mantissa + 1/2) / 2^shift as decimal digits: 5^(shift+1) x (2 mantissa + 1) / 10^(shift+1).
      const whole = (2n * mantissa + 1n) * 5n ** BigInt(shift + 1) + BigInt(next)
      const text = `${whole}e-${shift + 1}`
      expect(read(text)).toBe(Number(text))
      const places = String(whole)
      const cut = `${places.slice(0, -shift - 1)}.${places.slice(-shift - 1)}`
      expect(read(cut)).toBe(Number(cut))
    }),
    { numRuns: 5000 },
  )
  // 19 digits and fewer decide here, so no text is made of them.
  const short = fc.tuple(fc.bigInt(2n ** 52n, 2n ** 53n - 1n), fc.integer({ min: -3, max: 3 }))
  fc.assert(
    fc.property(short, ([mantissa, next]) => {
      const text = `${(2n * mantissa + 1n) * 5n + BigInt(next)}e-1`
      expect(read(text)).toBe(Number(text))
    }),
    { numRuns: 5000 },
  )
})

it.each(['0', '-0', '1e999', '-1e999', '5e-324', '2e-324', '1e22', '1e23', '9007199254740993', '0.000001e-44', '1E+5'])(
  '%s is itself',
  (text) => {
    expect(read(text)).toBe(Number(text))
  },
)

it.each(['', '-', '01', '-01', '1.', '.5', '+1', 'e5', '1e', '1e+', 'NaN', '"1"', ' 1'])('%j is no number', (text) => {
  expect(scanNumber(scan(text))).toBe(false)
})
