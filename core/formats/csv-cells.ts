import type { Breach } from '../platform/fault.ts'
import { pointer } from '../platform/parse.ts'
import { parseJson } from './parse-json.ts'

/** Cells that hold JSON: lists of messages (and only those, as a prompt may be any text in brackets). */
const messageLists = new Set([
  'prompt',
  'completion',
  'chosen',
  'rejected',
  'messages',
  'conversations',
  'conversation',
])
/** Cells that hold a JSON object or list of any kind. */
const nested = new Set(['meta', 'tools', 'reward_model', 'extra_info', 'history'])
const booleans = new Set(['label', 'needs_clarification'])
const booleanText = new Map([
  ['true', true],
  ['false', false],
  ['1', true],
  ['0', false],
])

/**
 * The value of a cell that is not empty: true or false in columns `label` and `needs_clarification`; what JSON says in columns that
 * nest, where it is a list of messages or an object; else the text. Problems for JSON that would change.
 */
export function readCell(column: string, text: string): { value: unknown } | { problems: Breach[] } {
  if (booleans.has(column)) return { value: booleanText.get(text.toLowerCase()) ?? text }
  const mayBeList = messageLists.has(column)
  if (!(mayBeList || nested.has(column)) || !/^\s*[[{]/.test(text) || !isJson(text, mayBeList)) return { value: text }
  const { value, problems } = { value: undefined, ...parseJson(text) }
  if (!problems) return { value }
  return { problems: problems.map((each) => ({ ...each, pointer: pointer([column]) + each.pointer })) }
}

/** The text of a cell that `readCell` reads back as the same value; undefined when there is none. */
export function cellText(column: string, value: unknown): string | undefined {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  if (text === '' || text.includes('\0')) return undefined
  const cell = readCell(column, text)
  return 'value' in cell && typeof cell.value === typeof value ? text : undefined
}

function isJson(text: string, mustBeMessages: boolean): boolean {
  try {
    const value = JSON.parse(text)
    return !mustBeMessages || isMessageList(value)
  } catch {
    return false
  }
}

function isMessageList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((each) => typeof each === 'object' && each !== null && ('role' in each || 'from' in each))
  )
}
