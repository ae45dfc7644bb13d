import type { Message, Row } from '../../schemas/rows.ts'
import { estimateTokens } from '../text/estimate-tokens.ts'
import { renderRow } from '../text/row-text.ts'
import { createScanner } from '../text/scan-words.ts'

/** What a report counts of one row. */
export interface RowFacts {
  /** Two rows with the same text, case and white space ignored, are duplicates. */
  text: string
  columns: Record<string, number>
  categories: Record<string, string | undefined>
}

const scanner = createScanner()

/** Sizes and labels of a row: words, estimated tokens, characters (UTF-16 units), turns (a user message and all that follows up to the next), tool calls. */
export function describeRow(row: Row): RowFacts {
  const text = renderRow(row)
  const { turns, tool_calls } = conversation(row)
  const { task, template, role, style } = row
  const label = 'label' in row ? String(row.label) : undefined
  return {
    text,
    columns: {
      words: scanner.scan(text).count,
      tokens_estimated: estimateTokens(text),
      characters: text.length,
      turns,
      tool_calls,
    },
    categories: { task, template, role, style, label },
  }
}

function conversation(row: Row): { turns: number; tool_calls: number } {
  if ('messages' in row) return count(row.messages)
  return typeof row.prompt === 'string' ? { turns: 1, tool_calls: 0 } : count(row.prompt)
}

function count(messages: readonly Message[]): { turns: number; tool_calls: number } {
  let [turns, calls] = [0, 0]
  for (const { role, tool_calls } of messages) {
    if (role === 'user') turns += 1
    calls += tool_calls?.length ?? 0
  }
  return { turns, tool_calls: calls }
}
