import fc from 'fast-check'
import type { MetricLine } from '../../../schemas/trainer-contract.ts'

const value: fc.Arbitrary<MetricLine['data'][string]> = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom('NaN' as const, 'Infinity' as const, '-Infinity' as const, 0, -0, 5e-324, Number.MAX_VALUE),
)
const name = fc.oneof(
  fc.constantFrom('loss', 'kl', 'constructor', 'valueOf', 'toString', 'ü/漢', '1'),
  fc.string({ minLength: 1 }).filter((text) => text !== '__proto__' && text.isWellFormed()),
)

/** Lines as a trainer may write them, steps in any order. */
export function metricLines(options: { maxLength?: number } = {}): fc.Arbitrary<MetricLine[]> {
  const line = fc.record({
    step: fc.nat(),
    ts: fc.constant('2026-01-01T00:00:00.000Z'),
    data: fc.dictionary(name, value, { maxKeys: 6, noNullPrototype: true }),
  })
  return fc.array(line, { maxLength: 20, ...options })
}
