import fc from 'fast-check'

const list = (arbitrary: fc.Arbitrary<string>) =>
  fc.array(arbitrary, { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join(','))

function field(least: number, most: number): fc.Arbitrary<string> {
  const number = fc.integer({ min: least, max: most })
  const range = fc.tuple(number, number).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`)
  const step = fc.integer({ min: 1, max: most - least })
  const stepped = fc.tuple(fc.oneof(fc.constant('*'), range), step).map(([each, by]) => `${each}/${by}`)
  return list(fc.oneof(number.map(String), range, stepped))
}

const sometimes = (arbitrary: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant('*') }, { weight: 1, arbitrary })
// Each month has a day 28.
const day = fc.oneof(fc.tuple(field(1, 28), fc.constant('*')), fc.tuple(fc.constant('*'), field(0, 7)))

/** Cron expressions that both platforms can express and that do come. */
export const crons: fc.Arbitrary<string> = fc
  .tuple(
    field(0, 59),
    sometimes(field(0, 23)),
    fc.oneof(fc.constant(['*', '*'] as const), day),
    sometimes(field(1, 12)),
  )
  .map(([minute, hour, [dayOfMonth, dayOfWeek], month]) => `${minute} ${hour} ${dayOfMonth} ${month} ${dayOfWeek}`)
