import type { Message, Row } from '../../schemas/rows.ts'
import { estimateTokens } from './estimate-tokens.ts'
import { renderQuestion, renderRow } from './row-text.ts'
import { createScanner } from './scan-words.ts'

export interface RowDescription {
  /** Words of the rendered row. */
  words: number
  /** Of the sequence that is trained on: of a pair, the prompt and the longer side. Calls of tools are counted. */
  tokens_estimated: number
  /** UTF-16 code units of the rendered row. */
  characters: number
  /** A turn is a user message and all that follows up to the next one. */
  turns: number
  tool_calls: number
}

const scanner = createScanner()

export const categoryNames = ['task', 'template', 'role', 'style', 'label'] as const
export type CategoryName = (typeof categoryNames)[number]

/** What a row says of itself; a label of feedback as text. */
export function categoryOf(row: Row, name: CategoryName): string | undefined {
  if (name === 'label') return 'label' in row ? String(row.label) : undefined
  return row[name]
}

/** Sizes of a row, for limits and reports. `text` is the rendered row and `words` the number of its words, where they are known. */
export function describeRow(row: Row, text = renderRow(row), words = scanner.scan(text).count): RowDescription {
  return {
    words,
    tokens_estimated: rowTokens(row, text),
    characters: text.length,
    ...conversationSize(row),
  }
}

/** Estimated tokens of a row whose rendered text is known. */
export function rowTokens(row: Row, text: string = renderRow(row)): number {
  const calls = callTokens(messagesOf(row))
  if (!('chosen' in row)) return estimateTokens(text) + calls
  const [chosen, rejected] = [estimateTokens(row.chosen), estimateTokens(row.rejected)]
  return estimateTokens(renderQuestion(row)) + Math.max(chosen, rejected) + calls
}

/** Turns and calls of tools. */
export function conversationSize(row: Row): { turns: number; tool_calls: number } {
  if ('prompt' in row && typeof row.prompt === 'string') return { turns: 1, tool_calls: 0 }
  let [turns, calls] = [0, 0]
  for (const { role, tool_calls } of messagesOf(row)) {
    if (role === 'user') turns += 1
    calls += tool_calls?.length ?? 0
  }
  return { turns, tool_calls: calls }
}

function messagesOf(row: Row): readonly Message[] {
  if ('messages' in row) return row.messages
  return typeof row.prompt === 'string' ? [] : row.prompt
}

function callTokens(messages: readonly Message[]): number {
  let tokens = 0
  for (const { tool_calls } of messages) {
    for (const call of tool_calls ?? [])
      tokens += estimateTokens(call.function.name) + estimateTokens(call.function.arguments)
  }
  return tokens
}
