import type { Decoder } from './decode.ts'
import type { Tokenizer } from './tokenizer.ts'

/** Generated ids, `<eos>` included when the model wrote one. */
export type Completion = { ids: number[]; finished: boolean }

export type SamplingOptions = {
  maxNewTokens: number
  /** 0 is greedy. */
  temperature: number
  /** A uniform number for the token at `place` of sequence `row`. */
  draw: (row: number, place: number) => number
}

/** Completes up to `rows` prompts at once; the decoder must be fresh and compiled for `rows` sequences. */
export function complete(
  decoder: Decoder,
  tokenizer: Tokenizer,
  prompts: readonly (readonly number[])[],
  rows: number,
  { maxNewTokens, temperature, draw }: SamplingOptions,
): Completion[] {
  const completions = prompts.map((): Completion => ({ ids: [], finished: false }))
  const isDone = ({ ids, finished }: Completion) => finished || ids.length === maxNewTokens
  const input = new Int32Array(rows).fill(tokenizer.special.pad)
  for (let at = 0; !completions.every(isDone); at++) {
    for (const [row, prompt] of prompts.entries()) {
      input[row] = prompt[at] ?? completions[row]!.ids[at - prompt.length] ?? tokenizer.special.pad
    }
    const logits = decoder.feed(input)
    const vocabulary = logits.length / rows
    for (const [row, prompt] of prompts.entries()) {
      const completion = completions[row]!
      if (at + 1 < prompt.length || isDone(completion)) continue
      const slice = logits.subarray(row * vocabulary, (row + 1) * vocabulary)
      const place = completion.ids.length
      const id = temperature === 0 ? argmax(slice) : sample(slice, temperature, draw(row, place))
      completion.ids.push(id)
      completion.finished = id === tokenizer.special.eos
    }
  }
  return completions
}

/** The reply's text without its closing `<eos>`. */
export function replyText(tokenizer: Tokenizer, { ids, finished }: Completion): string {
  return tokenizer.decode(finished ? ids.slice(0, -1) : ids)
}

function argmax(logits: Float32Array): number {
  let best = 0
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i
  return best
}

function sample(logits: Float32Array, temperature: number, point: number): number {
  const top = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const weights = Array.from(logits, (logit) => Math.exp((logit - top) / temperature))
  let rest = point * weights.reduce((a, b) => a + b, 0)
  for (const [i, weight] of weights.entries()) {
    rest -= weight
    if (rest < 0) return i
  }
  return argmax(logits)
}
