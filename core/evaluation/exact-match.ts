import type { ScoreLine } from '../../schemas/evaluation.ts'
import { compilePattern, foldSpace } from '../../schemas/pattern.ts'
import type { Scorer } from '../../schemas/scorer.ts'

/** Scores one response. `extracted` is null, and the item wrong, when the response holds no answer in the asked form. */
export function scoreResponse(scorer: Scorer, item: { index: number; response: string; expected: string }): ScoreLine {
  const extracted = extractAnswer(scorer, item.response)
  const correct = extracted !== null && fold(scorer, extracted) === fold(scorer, item.expected)
  return { index: item.index, correct, extracted, expected: item.expected }
}

/** What the pattern captures at its last occurrence (group 1, else the whole match), trimmed; null without one. */
export function extractAnswer(scorer: Scorer, response: string): string | null {
  if (scorer.answer_pattern === undefined) return foldSpace(response)
  return compilePattern(scorer.answer_pattern).lastAnswer(response) ?? null
}

function fold(scorer: Scorer, text: string): string {
  return scorer.ignore_case ? foldSpace(text).toLowerCase() : foldSpace(text)
}
