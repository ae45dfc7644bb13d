import * as z from 'zod'

const TokenizerFile = z.looseObject({
  model: z.looseObject({ type: z.literal('WordLevel'), vocab: z.record(z.string(), z.int().min(0)) }),
})

/** Special tokens are written with more than one character, so no text can spell one. */
export const specialTokens = {
  pad: '<pad>',
  bos: '<bos>',
  eos: '<eos>',
  unk: '<unk>',
  system: '<|system|>',
  user: '<|user|>',
  assistant: '<|assistant|>',
  tool: '<|tool|>',
} as const

export type Tokenizer = {
  size: number
  special: Record<keyof typeof specialTokens, number>
  /** Token ids of the text, one per character, or the first character that the vocabulary lacks. */
  encode(text: string): { ids: number[] } | { unknown: string; at: number }
  /** The text of ids; special tokens show as written, so a stray one is never mistaken for a clean reply. */
  decode(ids: Iterable<number>): string
}

/** Reads a `tokenizer.json` whose model is one token per character. Throws an Error when it is not such a file. */
export function parseTokenizer(json: string): Tokenizer {
  const { vocab } = TokenizerFile.parse(JSON.parse(json)).model
  const characters = new Map(Object.entries(vocab).filter(([token]) => [...token].length === 1))
  const texts = new Map(Object.entries(vocab).map(([token, id]) => [id, token]))
  const special = Object.fromEntries(
    Object.entries(specialTokens).map(([name, token]) => {
      const id = vocab[token]
      if (id === undefined) throw new Error(`tokenizer.json lacks the special token ${token}`)
      return [name, id]
    }),
  ) as Tokenizer['special']
  return {
    size: Math.max(...Object.values(vocab)) + 1,
    special,
    encode(text) {
      const ids: number[] = []
      for (const character of text) {
        const id = characters.get(character)
        if (id === undefined) return { unknown: character, at: ids.length }
        ids.push(id)
      }
      return { ids }
    },
    decode: (ids) => [...ids].map((id) => texts.get(id) ?? '').join(''),
  }
}

/** A `tokenizer.json` in the format of the `tokenizers` library for the special tokens, newline and printable ASCII. */
export function renderTokenizer(): string {
  const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))
  const tokens = [...Object.values(specialTokens), '\n', ...printable]
  const specials = Object.values(specialTokens).map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }))
  const file = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specials,
    normalizer: null,
    pre_tokenizer: { type: 'Split', pattern: { Regex: '[\\s\\S]' }, behavior: 'Isolated', invert: false },
    post_processor: null,
    decoder: { type: 'Fuse' },
    model: { type: 'WordLevel', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), unk_token: '<unk>' },
  }
  return `${JSON.stringify(file, null, 2)}\n`
}
