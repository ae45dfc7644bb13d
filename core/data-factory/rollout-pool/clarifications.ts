import type { Message } from '../../../schemas/rows.ts'
import { answerMarkers, questionMarkers, requestPhrases } from './clarification-phrases.ts'

const code = /```[\s\S]*?(?:```|$)|`[^`\n]*`/g
const quoted = /"[^"\n]*"|“[^”\n]*”|「[^」\n]*」|『[^』\n]*』|(?<![\p{L}\p{N}])'[^'\n]*'(?![\p{L}\p{N}])/gu
const requests = Object.values(requestPhrases).flat()

/**
 * Assistant turns that ask the user for missing information and give no answer. A turn is all that the assistant says between two
 * user messages. It asks by an explicit marker or a phrase of the list (English, Chinese); a question mark alone is no request.
 */
export function countClarifications(messages: readonly Message[]): number {
  return assistantTurns(messages).filter(asksOnly).length
}

function assistantTurns(messages: readonly Message[]): string[] {
  const turns: string[] = []
  let speaking = false
  for (const { role, content } of messages) {
    if (role === 'user') speaking = false
    if (role !== 'assistant') continue
    turns.push(speaking ? `${turns.pop()}\n${content}` : content)
    speaking = true
  }
  return turns
}

function asksOnly(turn: string): boolean {
  if (/```/.test(turn) || answerMarkers.some((marker) => marker.test(turn))) return false
  // What the assistant quotes, somebody else asks.
  const own = turn.replace(code, ' ').replace(quoted, ' ')
  return questionMarkers.some((marker) => marker.test(own)) || requests.some((phrase) => phrase.test(own))
}
