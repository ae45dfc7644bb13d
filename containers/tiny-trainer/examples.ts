import type { Prompt, Row } from '../../schemas/rows.ts'
import { type Rendered, renderPrompt, renderReply } from './chat-template.ts'
import type { Tokenizer } from './tokenizer.ts'

/** Token ids; `from` is the place of the first reply token. */
export type Example = { ids: number[]; from: number }
export type PairExample = { chosen: Example; rejected: Example }
export type PromptExample = { ids: number[]; answer: string }

type Converted<T> = { value: T } | { problem: string }

/** A prompt with its reply, cut at the end to `maxLength` tokens as TRL's keep-start truncation does. */
export function toExample(tokenizer: Tokenizer, row: Row, maxLength: number): Converted<Example> {
  if ('messages' in row) {
    return join(tokenizer, row.messages.slice(0, -1), row.messages.at(-1)!.content, 'reply', maxLength)
  }
  if ('completion' in row) return join(tokenizer, row.prompt, row.completion, 'completion', maxLength)
  return { problem: 'not an sft row' }
}

export function toPair(tokenizer: Tokenizer, row: Row, maxLength: number): Converted<PairExample> {
  if (!('chosen' in row)) return { problem: 'not a preference row' }
  const chosen = join(tokenizer, row.prompt, row.chosen, 'chosen', maxLength)
  const rejected = join(tokenizer, row.prompt, row.rejected, 'rejected', maxLength)
  if ('problem' in chosen) return chosen
  if ('problem' in rejected) return rejected
  return { value: { chosen: chosen.value, rejected: rejected.value } }
}

/** A prompt that a reply is generated for; over-long prompts lose their start. The answer is kept for scoring only. */
export function toPrompt(tokenizer: Tokenizer, row: Row, maxPromptLength: number): Converted<PromptExample> {
  if (!('answer' in row)) return { problem: 'not an answer row' }
  const rendered = renderPrompt(tokenizer, row.prompt)
  if ('unknown' in rendered) return unknownCharacter(rendered)
  return { value: { ids: rendered.ids.slice(-maxPromptLength), answer: row.answer } }
}

function join(
  tokenizer: Tokenizer,
  prompt: Prompt,
  reply: string,
  field: string,
  maxLength: number,
): Converted<Example> {
  const head = renderPrompt(tokenizer, prompt)
  if ('unknown' in head) return unknownCharacter(head)
  const tail = renderReply(tokenizer, reply, field)
  if ('unknown' in tail) return unknownCharacter(tail)
  if (head.ids.length >= maxLength) {
    return {
      problem: `the prompt takes ${head.ids.length} tokens, which leaves no room for the ${field} in max_length ${maxLength}`,
    }
  }
  return { value: { ids: [...head.ids, ...tail.ids].slice(0, maxLength), from: head.ids.length } }
}

function unknownCharacter(rendered: Extract<Rendered, { unknown: string }>): { problem: string } {
  return { problem: `${JSON.stringify(rendered.unknown)} in ${rendered.where} is not in the model's vocabulary` }
}
