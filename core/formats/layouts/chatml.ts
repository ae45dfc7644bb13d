import { commonOf, readCommon } from './common-fields.ts'
import { conversationOf } from './conversation.ts'
import { breach, type Fields, inexpressible, type Layout } from './layout.ts'
import { arePlain } from './message-list.ts'

const start = '<|im_start|>'
const end = '<|im_end|>'
const remedy = 'Write each turn as <|im_start|>ROLE, a newline, the text, and <|im_end|>.'

/** ChatML: a conversation as one text. */
export const chatml: Layout = {
  shape: `{text: "${start}user\\n...${end}\\n..."}`,
  format: 'messages',
  seen: ({ text }) =>
    typeof text === 'string' && text.trimStart().startsWith(start) ? `text that opens with ${start}` : undefined,
  read(value) {
    const { fields, problems } = readCommon(value, ['text'])
    const messages = typeof value.text === 'string' ? turnsOf(value.text) : undefined
    if (!messages) problems.push(breach('/text', 'bad_chatml', 'is not ChatML', remedy))
    return problems.length > 0 ? problems : { ...fields, messages }
  },
  write(row) {
    const found = conversationOf(row, 'chatml')
    if ('problems' in found) return found
    const { messages, note } = found
    if (!arePlain(messages) || messages.some(({ content }) => content.includes(start) || content.includes(end)))
      return inexpressible('chatml', 'a message has a name, calls, or ChatML marks in it', 'Write it as messages.')
    const text = messages.map(({ role, content }) => `${start}${role}\n${content}${end}\n`).join('')
    return { value: { text, ...commonOf(row) }, ...(note && { note }) }
  },
}

function turnsOf(text: string): Fields[] | undefined {
  const [before, ...turns] = text.split(start)
  if (before?.trim() !== '') return undefined
  const messages = turns.map((turn) => {
    const newline = turn.indexOf('\n')
    const close = turn.indexOf(end)
    if (newline === -1 || close < newline || turn.slice(close + end.length).trim() !== '') return undefined
    return { role: turn.slice(0, newline).trim(), content: turn.slice(newline + 1, close) }
  })
  return messages.includes(undefined) ? undefined : (messages as Fields[])
}
