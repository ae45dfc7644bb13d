import { type Pii, piiPatterns } from '../../../schemas/operators.ts'
import type { PiiKind } from './find-pii.ts'
import { maskArguments, maskText, type PiiCounts } from './mask-pii.ts'
import type { RowOperator, RowOutcome } from './row-operator.ts'
import { mapTexts } from './row-texts.ts'

/**
 * Masks personal data and keys in every text and in arguments of tool calls, or drops or notes the row. The reason names
 * the kinds (`pii_email_card`), the detail counts them. `meta` and labels such as `id` are not looked at.
 */
export function createPii(config: Pii): RowOperator {
  const kinds: ReadonlySet<PiiKind> = new Set(config.patterns)
  return {
    name: 'pii',
    config,
    apply(row): RowOutcome {
      const counts: PiiCounts = new Map()
      const masked = mapTexts(
        row,
        (text) => maskText(text, kinds, counts),
        (json) => maskArguments(json, kinds, counts),
      )
      if (counts.size === 0) return { kept: row }
      const found = piiPatterns.filter((kind) => counts.has(kind))
      const reason = `pii_${found.join('_')}`
      const detail = found.map((kind) => `${kind} ${counts.get(kind)}`).join(', ')
      if (config.action === 'drop') return { dropped: reason, detail }
      return config.action === 'warn' ? { kept: row, noted: reason, detail } : { kept: masked, changed: reason, detail }
    },
  }
}
