import type { Distribution } from '../../../schemas/distribution.ts'
import { createDistribution } from '../../text/distribution.ts'
import type { Measure } from './measure.ts'

export const lengthsDefinition = 'lengths/1'

/** Tokens, both inclusive. */
export interface LengthLimits {
  min: number
  max: number
}

export interface Lengths extends Measure {
  /** Share of samples outside the limits, 0..1. */
  value: number | null
  below: number
  above: number
  distribution: Distribution
}

/** Tokens per sample against the limits, streaming. A count that is not a finite number counts as outside and is flagged. */
export function createLengths({ min, max }: LengthLimits) {
  const distribution = createDistribution()
  let [n, below, above, unknown] = [0, 0, 0, 0]

  return {
    add(tokens: number): void {
      n++
      if (!Number.isFinite(tokens)) {
        unknown++
        return
      }
      distribution.add(tokens)
      if (tokens < min) below++
      if (tokens > max) above++
    },
    finish(): Lengths {
      return {
        value: n > 0 ? (below + above + unknown) / n : null,
        n,
        definition: lengthsDefinition,
        flags: unknown > 0 ? ['unknown_lengths'] : [],
        below,
        above,
        distribution: distribution.toJSON(),
      }
    },
  }
}

export function measureLengths(tokens: Iterable<number>, limits: LengthLimits): Lengths {
  const lengths = createLengths(limits)
  for (const each of tokens) lengths.add(each)
  return lengths.finish()
}
