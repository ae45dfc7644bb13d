import type { Normalise } from '../../../schemas/operators.ts'
import type { Row } from '../../../schemas/rows.ts'
import { normaliseText } from './normalise-text.ts'
import type { RowOperator } from './row-operator.ts'
import { mapTexts } from './row-texts.ts'

/**
 * Every text but arguments of tool calls, whose JSON is left as it is. A row goes when a text that had something in it
 * has nothing left, except for an empty evidence or rationale and a message that never said anything.
 */
export function createNormalise(config: Normalise): RowOperator {
  return {
    name: 'normalise',
    config,
    apply(row) {
      const kept = mapTexts(row, (text) => normaliseText(text, config))
      if (kept === row) return { kept }
      const emptied = emptiedField(row, kept)
      if (emptied) return { dropped: 'empty_text', detail: `${emptied} holds nothing but blanks` }
      return { kept, changed: 'normalised' }
    },
  }
}

function emptiedField(before: Row, after: Row): string | undefined {
  const required = requiredTexts(after)
  const was = requiredTexts(before)
  return Object.keys(required).find((field) => required[field] === '' && was[field] !== '')
}

function requiredTexts(row: Row): Record<string, string> {
  const texts: Record<string, string> = {}
  const messages = 'messages' in row ? row.messages : typeof row.prompt === 'string' ? [] : row.prompt
  for (const [i, message] of messages.entries()) {
    if (message.tool_calls === undefined) texts[`message ${i + 1}`] = message.content
  }
  if ('prompt' in row && typeof row.prompt === 'string') texts.prompt = row.prompt
  if ('completion' in row) texts.completion = row.completion
  if ('chosen' in row) Object.assign(texts, { chosen: row.chosen, rejected: row.rejected })
  if ('answer' in row) texts.answer = row.answer
  return texts
}
