import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTokenizer } from '../../../containers/tiny-trainer/tokenizer.ts'
import type { Fault } from '../../../core/platform/fault.ts'
import { estimateTokens } from '../../../core/text/estimate-tokens.ts'
import { createTokenCounter, estimatedCounter } from '../../../core/text/tokenizer.ts'
import { caught } from '../support/caught.ts'

const file = readFileSync(new URL('../../../containers/tiny-trainer/assets/tiny-llama/tokenizer.json', import.meta.url))
const json = JSON.parse(file.toString()) as Record<string, unknown>
const bytes = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

/** Byte-level BPE with three merges, built here: `he`, `ll`, `hell`. */
const vocabulary = ['h', 'e', 'l', 'o', 'Ġ', 'he', 'll', 'hell', '<s>']
const bpe = {
  added_tokens: [{ id: 8, content: '<s>', special: true }],
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '<s>': { id: '<s>', ids: [8], tokens: ['<s>'] } },
  },
  decoder: { type: 'ByteLevel' },
  model: {
    type: 'BPE',
    vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
    merges: ['h e', 'l l', 'he ll'],
  },
}

describe('counting with the tokenizer of a model', () => {
  it('counts what the trainer counts', () => {
    const counter = createTokenCounter(file)
    const tokenizer = parseTokenizer(file.toString())
    expect(counter.kind).toBe('exact')
    const printable = fc.string({ unit: fc.constantFrom(...'abc XYZ 0189 .,!?\n{}<>|'), maxLength: 80 })
    fc.assert(
      fc.property(printable, (text) => {
        const encoded = tokenizer.encode(text)
        expect(counter.count(text)).toBe('ids' in encoded ? encoded.ids.length : -1)
      }),
      { seed: 9, numRuns: 500 },
    )
  })

  it('merges pairs in their order, and counts no token that a template would add', () => {
    const { count } = createTokenCounter(bytes(bpe))
    expect([count('hello'), count('hell hello'), count('leh'), count('')]).toEqual([2, 4, 3, 0])
  })

  it('takes the configuration beside it', () => {
    expect(createTokenCounter(bytes(bpe), bytes({ clean_up_tokenization_spaces: false })).count('hello')).toBe(2)
  })

  it('estimates without one, and says so', () => {
    expect(estimatedCounter.kind).toBe('estimated')
    expect(estimatedCounter.count('How many?')).toBe(estimateTokens('How many?'))
  })

  it.each([
    ['no JSON', bytes('{"model": '), undefined],
    ['no UTF-8', Buffer.concat([bytes('{"note": "'), Uint8Array.of(0xff), bytes('", '), file.subarray(1)]), undefined],
    ['no object', bytes([1]), undefined],
    ['no model', bytes({ ...json, model: undefined }), undefined],
    ['no vocabulary', bytes({ ...json, model: { type: 'BPE' } }), undefined],
    ['an unknown component', bytes({ ...json, normalizer: { type: 'Sideways' } }), undefined],
    [
      'a pattern that is none',
      bytes({ ...json, pre_tokenizer: { type: 'Split', pattern: { Regex: '(' } } }),
      undefined,
    ],
    ['merges that are none', bytes({ ...bpe, model: { ...bpe.model, merges: 7 } }), undefined],
    ['a configuration that is none', file, bytes('[]')],
  ])('refuses %s, with a remedy', (_, tokenizer, config) => {
    const fault = caught(() => createTokenCounter(tokenizer, config)) as Fault
    expect(fault).toMatchObject({ code: 'invalid', errors: [{ remedy: expect.stringMatching(/beside the weights/) }] })
    expect(fault.message).toMatch(config ? /^tokenizer_config\.json/ : /^tokenizer\.json/)
  })
})
