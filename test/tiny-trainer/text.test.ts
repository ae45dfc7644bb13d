import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isHeldOut, problems } from '../../containers/tiny-trainer/arithmetic.ts'
import { renderPrompt, renderReply } from '../../containers/tiny-trainer/chat-template.ts'
import { toExample, toPrompt } from '../../containers/tiny-trainer/examples.ts'
import { decodeSafetensors, encodeSafetensors } from '../../containers/tiny-trainer/safetensors.ts'
import { parseTokenizer, renderTokenizer } from '../../containers/tiny-trainer/tokenizer.ts'

const tokenizer = parseTokenizer(renderTokenizer())
const { bos, eos, user, assistant, system } = tokenizer.special
const ids = (text: string) => (tokenizer.encode(text) as { ids: number[] }).ids

describe('safetensors', () => {
  const tensor = fc
    .array(fc.nat(4), { maxLength: 3 })
    .chain((shape) =>
      fc
        .array(fc.float(), { minLength: shape.reduce((a, b) => a * b, 1), maxLength: shape.reduce((a, b) => a * b, 1) })
        .map((data) => ({ shape, data: Float32Array.from(data) })),
    )
  const name = fc.string({ minLength: 1 }).filter((text) => text !== '__metadata__' && text !== '__proto__')

  it('survive a round trip bit for bit, whatever the names, shapes and values', () => {
    fc.assert(
      fc.property(fc.dictionary(name, tensor), (tensors) => {
        const bytes = encodeSafetensors(tensors, { format: 'pt' })
        const back = decodeSafetensors(bytes)
        expect(Object.keys(back).sort()).toEqual(Object.keys(tensors).sort())
        for (const [key, { shape, data }] of Object.entries(tensors)) {
          expect(back[key]!.shape).toEqual(shape)
          expect(back[key]!.data).toEqual(data)
        }
        expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0)
      }),
    )
  })

  it('are refused when cut short at any byte', () => {
    const bytes = encodeSafetensors({ a: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } })
    for (let size = 0; size < bytes.length; size++) expect(() => decodeSafetensors(bytes.subarray(0, size))).toThrow()
  })
})

describe('the tokenizer', () => {
  it('gives one token per printable character and back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        expect(tokenizer.decode(ids(text))).toBe(text)
        expect(ids(text)).toHaveLength(text.length)
      }),
    )
  })

  it('never turns text into a special token', () => {
    expect(ids('<bos><eos><|user|>')).toHaveLength(18)
    expect(Object.values(tokenizer.special).some((id) => ids('<bos><eos><|user|>').includes(id))).toBe(false)
  })

  it('names the first character that it does not know, and its place in characters', () => {
    expect(tokenizer.encode('ab😀é')).toEqual({ unknown: '😀', at: 2 })
  })
})

describe('the chat template', () => {
  it('renders a string as one user message', () => {
    expect(renderPrompt(tokenizer, 'hi')).toEqual({ ids: [bos, user, ...ids('hi'), assistant] })
    expect(renderPrompt(tokenizer, [{ role: 'user', content: 'hi' }])).toEqual(renderPrompt(tokenizer, 'hi'))
  })

  it('closes earlier assistant turns', () => {
    const prompt = [
      { role: 'system' as const, content: 's' },
      { role: 'assistant' as const, content: 'a' },
      { role: 'user' as const, content: 'u' },
    ]
    expect(renderPrompt(tokenizer, prompt)).toEqual({
      ids: [bos, system, ...ids('s'), assistant, ...ids('a'), eos, user, ...ids('u'), assistant],
    })
  })

  it('makes a prompt plus reply of a messages row the same as of a prompt and completion row', () => {
    const messages = [
      { role: 'user' as const, content: 'q' },
      { role: 'assistant' as const, content: 'r' },
    ]
    expect(toExample(tokenizer, { messages }, 64)).toEqual(toExample(tokenizer, { prompt: 'q', completion: 'r' }, 64))
    expect(renderReply(tokenizer, 'r', 'reply')).toEqual({ ids: [...ids('r'), eos] })
  })
})

describe('truncation', () => {
  it('keeps the start of a row and the end of a prompt', () => {
    expect(toExample(tokenizer, { prompt: 'abc', completion: 'defgh' }, 8)).toEqual({
      value: { ids: [bos, user, ...ids('abc'), assistant, ...ids('de')], from: 6 },
    })
    expect(toPrompt(tokenizer, { prompt: 'abc', answer: '1' }, 3)).toEqual({
      value: { ids: [...ids('bc'), assistant], answer: '1' },
    })
  })

  it('refuses a row whose prompt leaves no room for its reply', () => {
    expect(toExample(tokenizer, { prompt: 'abcdefgh', completion: 'x' }, 8)).toEqual({
      problem: expect.stringContaining('leaves no room for the completion in max_length 8'),
    })
  })
})

describe('the arithmetic world', () => {
  it('holds out about one problem in five, by its text alone', () => {
    const all = Object.values(problems()).flat()
    const share = all.filter(({ text }) => isHeldOut(text)).length / all.length
    expect(all).toHaveLength(15_150)
    expect(share).toBeGreaterThan(0.19)
    expect(share).toBeLessThan(0.21)
    expect(isHeldOut('add 1 and 2')).toBe(isHeldOut('add 1 and 2'))
  })
})
