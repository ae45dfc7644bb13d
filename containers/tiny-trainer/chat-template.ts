import type * as z from 'zod'
import type { Message, Prompt } from '../../schemas/rows.ts'
import type { Tokenizer } from './tokenizer.ts'

/**
 * The one chat template, as shipped in `chat_template.jinja`: `<bos>`, then per message its role token and content, an
 * `<eos>` after every assistant message, and an assistant token where a reply is asked for.
 */
export const chatTemplate =
  "{{ '<bos>' }}{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] }}" +
  "{% if message['role'] == 'assistant' %}{{ '<eos>' }}{% endif %}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}\n"

export type Rendered = { ids: number[] } | { unknown: string; where: string }

/** Token ids of a prompt up to and including the assistant token. A string is one user message. */
export function renderPrompt(tokenizer: Tokenizer, prompt: Prompt): Rendered {
  const messages: z.infer<typeof Message>[] = typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt
  const ids = [tokenizer.special.bos]
  for (const [i, message] of messages.entries()) {
    const encoded = tokenizer.encode(message.content)
    if ('unknown' in encoded) {
      const place = typeof prompt === 'string' ? 'prompt' : `message ${i} (${message.role})`
      return { unknown: encoded.unknown, where: `${place}, character ${encoded.at}` }
    }
    ids.push(tokenizer.special[message.role], ...encoded.ids)
    if (message.role === 'assistant') ids.push(tokenizer.special.eos)
  }
  ids.push(tokenizer.special.assistant)
  return { ids }
}

/** Token ids of an assistant reply, closed by `<eos>`. */
export function renderReply(tokenizer: Tokenizer, reply: string, field: string): Rendered {
  const encoded = tokenizer.encode(reply)
  if ('unknown' in encoded) return { unknown: encoded.unknown, where: `${field}, character ${encoded.at}` }
  return { ids: [...encoded.ids, tokenizer.special.eos] }
}
