import { Tokenizer } from '@huggingface/tokenizers'
import * as z from 'zod'
import { Fault } from '../platform/fault.ts'
import { estimateTokens } from './estimate-tokens.ts'

export interface TokenCounter {
  /** Tokens of a text, without special tokens that a template would put around it. */
  count(text: string): number
  /** Limits print which one was used. */
  readonly kind: 'exact' | 'estimated'
}

export const estimatedCounter: TokenCounter = { count: estimateTokens, kind: 'estimated' }

const Component = z.looseObject({ type: z.string() }).nullish().default(null)
const TokenizerFile = z.looseObject({
  model: z.looseObject({ vocab: z.union([z.record(z.string(), z.int()), z.array(z.unknown())]) }),
  added_tokens: z.array(z.looseObject({ id: z.int(), content: z.string() })).default([]),
  normalizer: Component,
  pre_tokenizer: Component,
  post_processor: Component,
  decoder: Component,
})
const ConfigFile = z.looseObject({})

/**
 * Counts with a model's own `tokenizer.json` and, where there is one, `tokenizer_config.json` (their bytes). Throws Fault
 * `invalid` when a file is no such file or needs a component that is not known here.
 */
export function createTokenCounter(tokenizerJson: Uint8Array, config?: Uint8Array): TokenCounter {
  const file = readFile('tokenizer.json', TokenizerFile, tokenizerJson)
  const settings = config === undefined ? {} : readFile('tokenizer_config.json', ConfigFile, config)
  const tokenizer = create(file, settings)
  return {
    count: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids.length,
    kind: 'exact',
  }
}

function readFile<T>(name: string, schema: z.ZodType<T>, bytes: Uint8Array): T {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw malformed(name, [{ pointer: '', message: `is not JSON in UTF-8 (${messageOf(cause)})` }], cause)
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.slice(0, 100)
  const pointers = problems.map(({ path, message }) => ({
    pointer: path.map((key) => `/${String(key)}`).join(''),
    message: message.replace(/^Invalid input: /, ''),
  }))
  throw malformed(name, pointers)
}

/** The library checks only when a component is used, so one text is counted before the counter is handed out. */
function create(file: z.infer<typeof TokenizerFile>, settings: object): Tokenizer {
  try {
    const tokenizer = new Tokenizer(file, settings)
    tokenizer.encode('One text, 1 + 1 = 2; 文。', { add_special_tokens: false })
    return tokenizer
  } catch (cause) {
    throw malformed('tokenizer.json', [{ pointer: '', message: `cannot be used (${messageOf(cause)})` }], cause)
  }
}

function malformed(name: string, problems: { pointer: string; message: string }[], cause?: unknown): Fault {
  const remedy = `Use the ${name} that lies beside the weights of the model, or count without it (estimated).`
  const errors = problems.map(({ pointer, message }) => ({
    pointer,
    code: 'tokenizer_file',
    message: `${name}${pointer === '' ? '' : ` ${pointer}`}: ${message}`,
    remedy,
  }))
  return new Fault('invalid', `${name} is not a tokenizer file: ${errors[0]?.message ?? ''}`, { errors, cause })
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
