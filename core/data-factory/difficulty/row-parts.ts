import type { Message, Row } from '../../../schemas/rows.ts'
import { stripAnnotations } from '../../text/row-text.ts'

/** A piece of a row's rendered text, and what it is to the row. */
export interface RowPart {
  text: string
  /** Asks: a user's words before the reply. */
  asks: boolean
  /** Reasons: the rationale, or the reply of a row without one. */
  reasons: boolean
}

/** The texts that `renderRow` joins, in its order, dataset annotations stripped. Of a preference row `chosen` is the reply. */
export function rowParts(row: Row): RowPart[] {
  if ('messages' in row) {
    const reply = row.messages.at(-1)?.content ?? ''
    return [...asking(row.messages.slice(0, -1)), part(reply, false, true)]
  }
  const asked = typeof row.prompt === 'string' ? [part(row.prompt, true, false)] : asking(row.prompt)
  return [...asked, ...replying(row)]
}

/** The user asks; where no user speaks, everything before the reply does. */
function asking(messages: readonly Message[]): RowPart[] {
  const userSpeaks = messages.some(({ role }) => role === 'user')
  return messages.map(({ role, content }) => part(content, !userSpeaks || role === 'user', false))
}

function replying(row: Exclude<Row, { messages: Message[] }>): RowPart[] {
  if ('completion' in row) return [part(row.completion, false, true)]
  if ('chosen' in row) return [part(row.chosen, false, true), part(row.rejected, false, false)]
  if (row.rationale === undefined) return [part(row.answer, false, true)]
  return [part(row.rationale, false, true), part(row.answer, false, false)]
}

function part(text: string, asks: boolean, reasons: boolean): RowPart {
  return { text: stripAnnotations(text), asks, reasons }
}
