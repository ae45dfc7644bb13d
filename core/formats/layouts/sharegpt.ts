import type { Message } from '../../../schemas/rows.ts'
import type { Breach } from '../../platform/fault.ts'
import { commonOf, readCommon } from './common-fields.ts'
import { conversationOf } from './conversation.ts'
import { breach, type Fields, inexpressible, isFields, isGiven, type Layout } from './layout.ts'

const roles = new Map([
  ['system', 'system'],
  ['human', 'user'],
  ['user', 'user'],
  ['gpt', 'assistant'],
  ['assistant', 'assistant'],
  ['chatgpt', 'assistant'],
  ['observation', 'tool'],
  ['tool', 'tool'],
  ['function_call', 'assistant'],
])
const names = { system: 'system', user: 'human', assistant: 'gpt', tool: 'observation' } as const

/** ShareGPT: turns with `from` and `value`; a turn from `function_call` is a call of one tool as JSON text. */
export const sharegpt: Layout = {
  shape: '{conversations: [{from, value}], system?}',
  format: 'messages',
  seen: (value) => (isTurns(value.conversations) ? 'conversations of {from, value}' : undefined),
  read(value) {
    const { fields, problems } = readCommon(value, ['conversations', 'system'])
    const turns = Array.isArray(value.conversations) ? value.conversations : []
    const messages = turns.map((turn, i) => readTurn(turn, `/conversations/${i}`, problems))
    if (isGiven(value.system)) messages.unshift({ role: 'system', content: value.system })
    return problems.length > 0 ? problems : { ...fields, messages }
  },
  write(row) {
    const found = conversationOf(row, 'sharegpt')
    if ('problems' in found) return found
    const conversations = found.messages.map(writeTurn)
    if (conversations.includes(undefined))
      return inexpressible(
        'sharegpt',
        'a message has a name, a call id, or calls with text beside them',
        'Write it as messages.',
      )
    return { value: { conversations, ...commonOf(row) }, ...(found.note && { note: found.note }) }
  },
}

function isTurns(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((turn) => isFields(turn) && 'from' in turn && 'value' in turn)
  )
}

function readTurn(turn: unknown, at: string, problems: Breach[]): Fields {
  const { from, value } = isFields(turn) ? turn : {}
  const role = typeof from === 'string' ? roles.get(from) : undefined
  if (!role)
    problems.push(
      breach(`${at}/from`, 'bad_role', 'is not a known speaker', `Use one of: ${[...roles.keys()].join(', ')}.`),
    )
  if (typeof value !== 'string')
    problems.push(breach(`${at}/value`, 'invalid_type', 'is not text', 'Write the value as text.'))
  if (from !== 'function_call' || typeof value !== 'string') return { role, content: value }
  const call = callOf(value)
  if (!call)
    problems.push(
      breach(`${at}/value`, 'bad_call', 'is not a call', 'Write {"name": ..., "arguments": ...} as JSON text.'),
    )
  return { role, content: '', tool_calls: [{ type: 'function', function: call }] }
}

function callOf(text: string): Fields | undefined {
  try {
    const { name, arguments: given } = JSON.parse(text)
    if (typeof name !== 'string' || given === undefined) return undefined
    return { name, arguments: typeof given === 'string' ? given : JSON.stringify(given) }
  } catch {
    return undefined
  }
}

function writeTurn(message: Message): Fields | undefined {
  const { role, content, tool_calls: calls, name, tool_call_id: id } = message
  if (name !== undefined || id !== undefined) return undefined
  if (!calls) return { from: names[role], value: content }
  const [call] = calls
  if (calls.length !== 1 || content !== '' || role !== 'assistant' || call?.id !== undefined) return undefined
  return { from: 'function_call', value: JSON.stringify(call?.function) }
}
