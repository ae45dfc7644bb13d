import type { Message, Row } from '../../../schemas/rows.ts'
import { promptMessages } from '../../text/row-text.ts'
import { type inexpressible, otherFormat } from './layout.ts'

/** A row as one conversation: messages as they are, prompt and completion as messages, which a note says. */
export function conversationOf(
  row: Row,
  layout: string,
): { messages: Message[]; note?: string } | ReturnType<typeof inexpressible> {
  if ('messages' in row) return { messages: row.messages }
  if (!('completion' in row) || 'label' in row) return otherFormat(layout, 'messages and sft')
  const messages: Message[] = [...promptMessages(row), { role: 'assistant', content: row.completion }]
  return { messages, note: 'sft rows come back as messages rows' }
}
