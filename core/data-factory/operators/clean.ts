import type { Clean } from '../../../schemas/operators.ts'
import type { Row } from '../../../schemas/rows.ts'
import { findPlaceholder } from './placeholder.ts'
import { isRefusal } from './refusal.ts'
import { repeatedLineShare, repeatedTrigramShare } from './repetition.ts'
import type { RowOperator, RowOutcome } from './row-operator.ts'
import { learnedTexts } from './row-texts.ts'

/**
 * Drops rows without an answer, with one that repeats itself, with an unfilled template and, when told, with a refusal.
 * Repetition and refusal are judged where a model is to learn them: not in a rejected side, nor in feedback that says no.
 */
export function createClean(config: Clean): RowOperator {
  return { name: 'clean', config, apply: (row) => judge(row, config) ?? { kept: row } }
}

function judge(row: Row, config: Clean): RowOutcome | undefined {
  const empty = emptyAnswer(row, config.min_answer_characters)
  if (empty) return empty
  if ('chosen' in row && row.chosen === row.rejected)
    return { dropped: 'same_answers', detail: 'chosen and rejected are the same' }

  const learned = learnedTexts(row)
  for (const text of learned) {
    const lines = repeatedLineShare(text)
    if (!(lines <= config.max_repeated_line_share))
      return share('repeated_lines', lines, config.max_repeated_line_share)
    const trigrams = repeatedTrigramShare(text)
    if (!(trigrams <= config.max_repeated_trigram_share))
      return share('repeated_trigrams', trigrams, config.max_repeated_trigram_share)
  }
  if (config.refusals === 'drop' && learned.length > 0 && isRefusal(learned.at(-1) ?? ''))
    return { dropped: 'refusal', detail: (learned.at(-1) ?? '').slice(0, 80) }
  if (config.placeholders === 'drop') {
    const found = placeholderIn(row)
    if (found !== undefined) return { dropped: 'placeholder', detail: found.slice(0, 80) }
  }
  return undefined
}

function emptyAnswer(row: Row, least: number): RowOutcome | undefined {
  for (const answer of answersOf(row)) {
    const characters = answer.trim().length
    if (!(characters >= least))
      return { dropped: 'empty_answer', detail: `${characters} characters, at least ${least}` }
  }
  if (!('messages' in row) || row.messages.some(({ role }) => role === 'assistant')) return undefined
  return { dropped: 'no_answer', detail: 'no message of the assistant' }
}

function answersOf(row: Row): string[] {
  if ('messages' in row) {
    // A message that calls tools need not say anything.
    return row.messages
      .filter(({ role, tool_calls }) => role === 'assistant' && tool_calls === undefined)
      .map(({ content }) => content)
  }
  if ('completion' in row) return [row.completion]
  return 'chosen' in row ? [row.chosen, row.rejected] : [row.answer]
}

function share(dropped: string, found: number, limit: number): RowOutcome {
  return { dropped, detail: `share ${found.toFixed(2)}, at most ${limit}` }
}

function placeholderIn(row: Row): string | undefined {
  const spoken = 'messages' in row ? row.messages : typeof row.prompt === 'string' ? [] : row.prompt
  for (const { role, content } of spoken) {
    const found = findPlaceholder(content, role === 'assistant')
    if (found !== undefined) return found
  }
  if ('prompt' in row && typeof row.prompt === 'string') {
    const found = findPlaceholder(row.prompt, false)
    if (found !== undefined) return found
  }
  if ('messages' in row) return undefined
  const rationale = 'rationale' in row && row.rationale !== undefined ? [row.rationale] : []
  for (const answer of [...rationale, ...answersOf(row)]) {
    const found = findPlaceholder(answer, true)
    if (found !== undefined) return found
  }
  return undefined
}
