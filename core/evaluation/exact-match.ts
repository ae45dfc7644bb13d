import type { ScoreLine } from '../../schemas/evaluation.ts'
import type { Scorer } from '../../schemas/scorer.ts'

/** Scores one response. `extracted` is null, and the item wrong, when the response holds no answer in the asked form. */
export function scoreResponse(scorer: Scorer, item: { index: number; response: string; expected: string }): ScoreLine {
  const extracted = extractAnswer(scorer, item.response)
  const correct = extracted !== null && fold(scorer, extracted) === fold(scorer, item.expected)
  return { index: item.index, correct, extracted, expected: item.expected }
}

/** What the pattern captures at its last occurrence (group 1, else the whole match), trimmed. */
export function extractAnswer(scorer: Scorer, response: string): string | null {
  if (scorer.answer_pattern === undefined) return tidy(response)
  const match = [...response.matchAll(new RegExp(scorer.answer_pattern, 'gsu'))].at(-1)
  return match ? tidy(match[1] ?? match[0]) : null
}

function fold(scorer: Scorer, text: string): string {
  return scorer.ignore_case ? tidy(text).toLowerCase() : tidy(text)
}

function tidy(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
