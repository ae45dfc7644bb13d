import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkRow } from '../../../core/formats/check-row.ts'
import type { Fields, Layout } from '../../../core/formats/layouts/layout.ts'
import type { LayoutName } from '../../../core/formats/layouts/layout-names.ts'
import { foreignLayouts, layoutOf } from '../../../core/formats/layouts/layouts.ts'
import type { Row, RowFormat } from '../../../schemas/rows.ts'
import { gsm8k, gsm8kIsHere } from '../support/gsm8k.ts'
import { rowOf } from './samples.ts'

const read = (layout: Layout, value: Fields) => {
  const row = layout.read(value)
  return Array.isArray(row) ? row : checkRow(row, layout.format)
}
const user = (content: string) => ({ role: 'user', content })
const assistant = (content: string) => ({ role: 'assistant', content })

describe('round trips', () => {
  const pairs: [LayoutName, RowFormat][] = [
    ['canonical', 'sft'],
    ['alpaca', 'sft'],
    ['trl-prompt-completion', 'sft'],
    ['sharegpt', 'messages'],
    ['messages', 'messages'],
    ['chatml', 'messages'],
    ['trl-preference', 'preference'],
    ['trl-unpaired', 'feedback'],
    ['verl', 'answer'],
    ['gsm8k', 'answer'],
  ]

  it.each(pairs)('%s: every %s row that can be written without a note reads back equal', (name, format) => {
    const layout = layoutOf(name, format)
    let written = 0
    let exact = 0
    fc.assert(
      fc.property(rowOf(format), (row) => {
        const found = layout.write(checkRow(row, format) as Row)
        if ('problems' in found) return
        written += 1
        const back = read(layout, JSON.parse(JSON.stringify(found.value)))
        // What is written can always be read.
        expect(back).not.toBeInstanceOf(Array)
        if (found.note) return
        exact += 1
        expect(back).toEqual(row)
      }),
      { numRuns: 500, seed: 7 },
    )
    expect(written).toBeGreaterThan(50)
    expect(exact).toBeGreaterThan(20)
  })

  it('a row of another format is refused by name', () => {
    const answer: Row = { prompt: 'p', answer: 'a' }
    for (const [name, layout] of Object.entries(foreignLayouts)) {
      if (layout.format === 'answer') continue
      expect(layout.write(answer)).toMatchObject({
        problems: [{ code: 'not_expressible', message: expect.stringContaining(`as ${name}: ${name} holds`) }],
      })
    }
  })
})

describe('reading', () => {
  const { alpaca, sharegpt, messages, chatml, verl } = foreignLayouts
  const trl = { pair: foreignLayouts['trl-prompt-completion'], preference: foreignLayouts['trl-preference'] }

  it.each<[string, Layout, Fields, unknown]>([
    ['alpaca', alpaca, { instruction: 'Add.', input: '1 2', output: '3' }, { prompt: 'Add.\n\n1 2', completion: '3' }],
    [
      'alpaca with system and history',
      alpaca,
      { instruction: 'And 3?', input: '', output: '6', system: 'Be brief.', history: [['1+2?', '3']] },
      {
        prompt: [{ role: 'system', content: 'Be brief.' }, user('1+2?'), assistant('3'), user('And 3?')],
        completion: '6',
      },
    ],
    [
      'sharegpt',
      sharegpt,
      {
        system: 's',
        conversations: [
          { from: 'human', value: 'q' },
          { from: 'gpt', value: 'a' },
        ],
        id: 7,
      },
      { id: '7', messages: [{ role: 'system', content: 's' }, user('q'), assistant('a')] },
    ],
    [
      'a tool call of sharegpt',
      sharegpt,
      {
        conversations: [
          { from: 'human', value: 'q' },
          { from: 'function_call', value: '{"name":"f","arguments":{"a":1}}' },
          { from: 'observation', value: '3' },
        ],
      },
      {
        messages: [
          user('q'),
          {
            role: 'assistant',
            content: '',
            tool_calls: [{ type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
          },
          { role: 'tool', content: '3' },
        ],
      },
    ],
    [
      'OpenAI messages with tools, nulls and parts',
      messages,
      {
        messages: [
          { role: 'developer', content: 's', name: null },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'a' },
              { type: 'text', text: 'b' },
            ],
            tool_calls: [],
          },
          { role: 'assistant', content: null, tool_calls: [{ id: '1', function: { name: 'f', arguments: { a: 1 } } }] },
        ],
        tools: [{ type: 'function' }],
        split: 'train',
      },
      {
        meta: { split: 'train', tools: '[{"type":"function"}]' },
        messages: [
          { role: 'system', content: 's' },
          user('ab'),
          {
            role: 'assistant',
            content: '',
            tool_calls: [{ id: '1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
          },
        ],
      },
    ],
    [
      'ChatML',
      chatml,
      { text: '<|im_start|>user\nq\n<|im_end|>\n<|im_start|>assistant\na<|im_end|>' },
      { messages: [user('q\n'), assistant('a')] },
    ],
    [
      'TRL prompt-completion as messages',
      trl.pair,
      { prompt: [user('q')], completion: [assistant('a')], source: 'x' },
      { meta: { source: 'x' }, prompt: [user('q')], completion: 'a' },
    ],
    [
      'TRL preference without a prompt',
      trl.preference,
      { chosen: [user('q'), assistant('a')], rejected: [user('q'), assistant('b')] },
      { prompt: [user('q')], chosen: 'a', rejected: 'b' },
    ],
    [
      'TRL preference with the prompt said twice',
      trl.preference,
      { prompt: 'q', chosen: [user('q'), assistant('a')], rejected: [user('q'), assistant('b')] },
      { prompt: [user('q')], chosen: 'a', rejected: 'b' },
    ],
    [
      'verl',
      verl,
      {
        data_source: 'openai/gsm8k',
        prompt: [user('q')],
        ability: 'math',
        reward_model: { style: 'rule', ground_truth: '72' },
        extra_info: { split: 'train', index: 3 },
      },
      { task: 'openai/gsm8k', meta: { split: 'train', index: 3, ability: 'math' }, prompt: [user('q')], answer: '72' },
    ],
  ])('%s', (_, layout, value, expected) => {
    expect(read(layout, value)).toEqual(expected)
    expect(layout.seen(value)).toBeDefined()
  })

  it.each<[string, Layout, Fields, string, string]>([
    ['an extra list', alpaca, { instruction: 'i', output: 'o', tags: ['a'] }, '/tags', 'nested_extra'],
    [
      'an image',
      messages,
      { messages: [user('q'), { role: 'user', content: [{ type: 'image' }] }] },
      '/messages/1/content',
      'not_text',
    ],
    [
      'an unknown speaker',
      sharegpt,
      { conversations: [{ from: 'bot', value: 'x' }] },
      '/conversations/0/from',
      'bad_role',
    ],
    [
      'two replies',
      trl.pair,
      { prompt: 'q', completion: [assistant('a'), assistant('b')] },
      '/completion',
      'not_one_reply',
    ],
    ['an open turn', chatml, { text: '<|im_start|>user\nq' }, '/text', 'bad_chatml'],
    ['no mark', foreignLayouts.gsm8k, { question: 'q', answer: '5' }, '/answer', 'no_mark'],
    [
      'a nested extra_info',
      verl,
      { prompt: [user('q')], reward_model: { ground_truth: '1' }, extra_info: { a: [1] } },
      '/extra_info/a',
      'nested_extra',
    ],
  ])('%s is named', (_, layout, value, pointer, code) => {
    expect(read(layout, value)).toMatchObject([{ pointer, code }])
  })
})

describe.skipIf(!gsm8kIsHere)('GSM8K (needs ../shared/data)', () => {
  it('every row is read, and written again as it was', () => {
    const rows = [...gsm8k('train'), ...gsm8k('test')]
    const layout = foreignLayouts.gsm8k
    const changed = rows.filter((value) => {
      const row = read(layout, { ...value })
      if (Array.isArray(row)) return true
      const written = layout.write(row)
      return !('value' in written) || JSON.stringify(written.value) !== JSON.stringify(value)
    })
    expect(rows).toHaveLength(8792)
    expect(changed).toEqual([])
  })
})
