import type { Language } from '../../../schemas/operators.ts'
import type { Row } from '../../../schemas/rows.ts'
import { renderQuestion } from '../../text/row-text.ts'
import { createLanguageDetector, type DetectedLanguage, type DetectLanguage, prose } from './detect-language.ts'
import type { RowOperator, RowOutcome } from './row-operator.ts'
import { learnedTexts } from './row-texts.ts'

/**
 * Drops rows that are reliably in a language that is not allowed; the reason names it (`language_fr`). Rows without
 * enough prose or without a reliable answer stay, noted as `language_unknown`.
 */
export async function createLanguage(config: Language): Promise<RowOperator> {
  const detect = await createLanguageDetector()
  const allowed = new Set<string>(config.allow)
  return {
    name: 'language',
    config,
    apply(row): RowOutcome {
      const { code, reliable } = rowLanguage(row, detect, config.min_characters)
      if (code === null || !reliable) return { kept: row, noted: 'language_unknown' }
      return allowed.has(code)
        ? { kept: row }
        : { dropped: `language_${code}`, detail: `allowed: ${config.allow.join(', ')}` }
    },
  }
}

/** Of what is learned; with the question before it where that is shorter than `minCharacters` of prose. */
export function rowLanguage(row: Row, detect: DetectLanguage, minCharacters: number): DetectedLanguage {
  const learned = learnedTexts(row).join('\n')
  let text = prose(learned)
  if (text.length < minCharacters) text = prose(`${renderQuestion(row)}\n${learned}`)
  return text.length < minCharacters ? { code: null, reliable: false } : detect(text)
}
