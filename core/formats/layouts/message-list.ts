import type { Message } from '../../../schemas/rows.ts'
import type { Breach } from '../../platform/fault.ts'
import { breach, type Fields, isFields } from './layout.ts'

const roles = new Map([
  ['developer', 'system'],
  ['human', 'user'],
  ['gpt', 'assistant'],
  ['function', 'tool'],
  ['ipython', 'tool'],
])

export function isMessageList(value: unknown): value is Fields[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => isFields(each) && 'role' in each)
}

/**
 * Messages as OpenAI and the tools around it write them, made canonical: null fields and empty call lists are absent, content in
 * text parts is joined, arguments become JSON text. What is still wrong is for the schema; lists of other parts are named.
 */
export function readMessages(list: readonly unknown[], at: string, problems: Breach[]): unknown[] {
  return list.map((each, i) => (isFields(each) ? readMessage(each, `${at}/${i}`, problems) : each))
}

function readMessage(given: Fields, at: string, problems: Breach[]): Fields {
  const message: Fields = {}
  for (const [key, value] of Object.entries(given)) {
    const isEmptyCalls = key === 'tool_calls' && Array.isArray(value) && value.length === 0
    if (value !== null && !isEmptyCalls) message[key] = value
  }
  const { role, content, tool_calls } = message
  if (typeof role === 'string') message.role = roles.get(role) ?? role
  if (content === undefined && tool_calls !== undefined) message.content = ''
  if (Array.isArray(content)) message.content = joinParts(content, `${at}/content`, problems)
  if (Array.isArray(tool_calls)) message.tool_calls = tool_calls.map(readCall)
  return message
}

function joinParts(parts: unknown[], at: string, problems: Breach[]): string {
  const texts = parts.map((part) => (isFields(part) && part.type === 'text' ? part.text : undefined))
  if (texts.every((text) => typeof text === 'string')) return texts.join('')
  problems.push(breach(at, 'not_text', 'holds parts that are not text', 'Remove images and audio: rows are text.'))
  return ''
}

function readCall(call: unknown): unknown {
  if (!isFields(call)) return call
  const kept = Object.fromEntries(Object.entries(call).filter(([, value]) => value !== null))
  if (!isFields(kept.function)) return kept
  const { arguments: given } = kept.function
  if (!isFields(given) && !Array.isArray(given)) return kept
  return { ...kept, function: { ...kept.function, arguments: JSON.stringify(given) } }
}

/** The text of the only message, when it is a plain one of the assistant. */
export function onlyReply(messages: readonly unknown[]): string | undefined {
  const [first] = messages as Partial<Message>[]
  if (messages.length !== 1 || first?.role !== 'assistant' || typeof first.content !== 'string') return undefined
  return Object.keys(first).length === 2 ? first.content : undefined
}

/** Whether messages have nothing but role and content. */
export function arePlain(messages: readonly Message[]): boolean {
  return messages.every((message) => Object.keys(message).every((key) => key === 'role' || key === 'content'))
}
