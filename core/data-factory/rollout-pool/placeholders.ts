import type { Message } from '../../../schemas/rows.ts'

export const placeholderNames = ['question', 'evidence', 'tools', 'answer', 'rationale'] as const
export type PlaceholderName = (typeof placeholderNames)[number]
export type Fillings = Partial<Record<PlaceholderName, string>>

const placeholder = /\{([A-Za-z_][A-Za-z0-9_]*)\}/g

/** The names in braces of messages, each once, known or not: of their contents and of the arguments of their tool calls. */
export function placeholdersOf(messages: readonly Message[]): Set<string> {
  const texts = messages.flatMap(({ content, tool_calls = [] }) => [
    content,
    ...tool_calls.map((call) => call.function.arguments),
  ])
  return new Set(texts.flatMap((text) => [...text.matchAll(placeholder)].map((match) => match[1] as string)))
}

/** Messages with their placeholders filled, in one pass: braces in what is filled in stay as they are. */
export function fillMessages(messages: readonly Message[], fillings: Fillings): Message[] {
  return messages.map((message) => ({
    ...message,
    content: fill(message.content, fillings, (text) => text),
    ...(message.tool_calls && {
      tool_calls: message.tool_calls.map((call) => ({
        ...call,
        function: { ...call.function, arguments: fill(call.function.arguments, fillings, insideJsonString) },
      })),
    }),
  }))
}

function fill(text: string, fillings: Fillings, encode: (text: string) => string): string {
  return text.replace(placeholder, (whole, name: string) => {
    const filling = fillings[name as PlaceholderName]
    return filling === undefined ? whole : encode(filling)
  })
}

function insideJsonString(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
