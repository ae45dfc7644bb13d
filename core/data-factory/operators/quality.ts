import type { Quality } from '../../../schemas/operators.ts'
import { renderRow } from '../../text/row-text.ts'
import { qualityScore } from './quality-score.ts'
import type { RowOperator } from './row-operator.ts'

/** Drops rows whose rendered text scores below the limit; the detail names the worst part. */
export function createQuality(config: Quality): RowOperator {
  return {
    name: 'quality',
    config,
    apply(row) {
      const { score, parts } = qualityScore(renderRow(row))
      if (score >= config.min_score) return { kept: row }
      const [worst, value] = Object.entries(parts).reduce((least, part) => (part[1] < least[1] ? part : least))
      return {
        dropped: 'low_quality',
        detail: `score ${score.toFixed(2)}, at least ${config.min_score}; worst: ${worst} ${value.toFixed(2)}`,
      }
    },
  }
}
