import type { Breach } from '../../platform/fault.ts'
import { commonOf, readCommon } from './common-fields.ts'
import { conversationOf } from './conversation.ts'
import { breach, inexpressible, isFields, type Layout } from './layout.ts'
import { isMessageList, readMessages } from './message-list.ts'

/** OpenAI's `messages`; definitions of `tools` are kept as JSON text in `meta.tools`. */
export const openaiMessages: Layout = {
  shape: '{messages: [{role, content}], tools?}',
  format: 'messages',
  seen: (value) => (isMessageList(value.messages) ? 'messages of {role, content}' : undefined),
  read(value) {
    const { fields, problems } = readCommon(value, ['messages', 'tools'])
    const messages = Array.isArray(value.messages)
      ? readMessages(value.messages, '/messages', problems)
      : value.messages
    const tools = readTools(value.tools, problems)
    if (problems.length > 0) return problems
    const meta = isFields(fields.meta) ? fields.meta : {}
    if (tools !== undefined && 'tools' in meta)
      return [breach('/tools', 'duplicate_key', 'stand both beside and inside "meta"', 'Keep one of them.')]
    return { ...fields, messages, ...(tools !== undefined && { meta: { ...meta, tools } }) }
  },
  write(row) {
    const found = conversationOf(row, 'messages')
    if ('problems' in found) return found
    const { messages, note } = found
    if (messages.some(({ tool_calls, role }) => tool_calls && role !== 'assistant'))
      return inexpressible('messages', 'a tool is called by another role than assistant', 'Correct the role.')
    const { meta, ...common } = commonOf(row)
    const { tools, ...others } = isFields(meta) ? meta : {}
    const list = listIn(tools)
    const written = list
      ? { tools: list, ...(Object.keys(others).length > 0 && { meta: others }) }
      : meta
        ? { meta }
        : {}
    return { value: { messages, ...common, ...written }, ...(note && { note }) }
  },
}

function readTools(tools: unknown, problems: Breach[]): string | undefined {
  if (tools === undefined || tools === null || tools === '') return undefined
  if (Array.isArray(tools)) return tools.length > 0 ? JSON.stringify(tools) : undefined
  if (typeof tools === 'string') return tools
  problems.push(breach('/tools', 'invalid_type', 'is not a list', 'Write the tools as a list of definitions.'))
  return undefined
}

/** The list whose only JSON text this is. */
function listIn(text: unknown): unknown[] | undefined {
  if (typeof text !== 'string' || !text.startsWith('[')) return undefined
  try {
    const list = JSON.parse(text) as unknown[]
    return list.length > 0 && JSON.stringify(list) === text ? list : undefined
  } catch {
    return undefined
  }
}
