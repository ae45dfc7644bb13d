import type { Message, Prompt, Row } from '../../../schemas/rows.ts'

type Change = (text: string) => string

/**
 * The row with every text changed: contents of messages, prompt, completion, both sides of a pair, answer, rationale and
 * evidence. Arguments of tool calls are JSON and have a change of their own. The same object when nothing changed.
 */
export function mapTexts(row: Row, change: Change, changeArguments: Change = same): Row {
  const mapped: Partial<Record<string, unknown>> = {}
  let changed = false
  const set = (key: string, before: unknown, after: unknown): void => {
    if (before === after) return
    mapped[key] = after
    changed = true
  }

  if ('messages' in row) set('messages', row.messages, mapMessages(row.messages, change, changeArguments))
  else set('prompt', row.prompt, mapPrompt(row.prompt, change, changeArguments))
  if ('completion' in row) set('completion', row.completion, change(row.completion))
  if ('chosen' in row) {
    set('chosen', row.chosen, change(row.chosen))
    set('rejected', row.rejected, change(row.rejected))
  }
  if ('answer' in row) {
    set('answer', row.answer, change(row.answer))
    if (row.rationale !== undefined) set('rationale', row.rationale, change(row.rationale))
  }
  if (row.evidence !== undefined) set('evidence', row.evidence, change(row.evidence))
  return changed ? ({ ...row, ...mapped } as Row) : row
}

/** What a model is to learn to say: assistant messages, completion, chosen side, or rationale and answer. */
export function learnedTexts(row: Row): string[] {
  if ('messages' in row) return row.messages.filter(({ role }) => role === 'assistant').map(({ content }) => content)
  if ('label' in row && !row.label) return []
  if ('completion' in row) return [row.completion]
  if ('chosen' in row) return [row.chosen]
  return row.rationale === undefined ? [row.answer] : [row.rationale, row.answer]
}

function same(text: string): string {
  return text
}

function mapPrompt(prompt: Prompt, change: Change, changeArguments: Change): Prompt {
  return typeof prompt === 'string' ? change(prompt) : mapMessages(prompt, change, changeArguments)
}

function mapMessages(messages: Message[], change: Change, changeArguments: Change): Message[] {
  let mapped: Message[] | undefined
  for (const [i, message] of messages.entries()) {
    const after = mapMessage(message, change, changeArguments)
    if (after === message) continue
    mapped ??= [...messages]
    mapped[i] = after
  }
  return mapped ?? messages
}

function mapMessage(message: Message, change: Change, changeArguments: Change): Message {
  const content = change(message.content)
  const calls = message.tool_calls
  const changedCalls = calls?.map((call) => {
    const text = changeArguments(call.function.arguments)
    return text === call.function.arguments ? call : { ...call, function: { ...call.function, arguments: text } }
  })
  const callsChanged = changedCalls?.some((call, i) => call !== calls?.[i]) ?? false
  if (content === message.content && !callsChanged) return message
  return { ...message, content, ...(callsChanged && changedCalls && { tool_calls: changedCalls }) }
}
