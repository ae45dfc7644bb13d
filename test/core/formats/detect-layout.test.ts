import { expect, it } from 'vitest'
import { detectLayout } from '../../../core/formats/detect-layout.ts'

const user = { role: 'user', content: 'q' }
const assistant = { role: 'assistant', content: 'a' }

it.each<[string, string, object]>([
  ['canonical', 'sft', { prompt: 'p', completion: 'c' }],
  ['canonical', 'feedback', { prompt: 'p', completion: 'c', label: true }],
  ['canonical', 'answer', { prompt: [user], answer: 'a' }],
  ['canonical', 'messages', { messages: [user, assistant] }],
  ['messages', 'messages', { messages: [user, assistant], tools: [{}] }],
  ['alpaca', 'sft', { instruction: 'i', input: '', output: 'o' }],
  ['sharegpt', 'messages', { conversations: [{ from: 'human', value: 'q' }] }],
  ['chatml', 'messages', { text: '<|im_start|>user\nq<|im_end|>' }],
  ['trl-prompt-completion', 'sft', { prompt: [user], completion: [assistant] }],
  ['trl-prompt-completion', 'sft', { prompt: 'p', completion: 'c', source: 'web' }],
  ['trl-unpaired', 'feedback', { prompt: [user], completion: [assistant], label: false }],
  ['trl-preference', 'preference', { chosen: [user, assistant], rejected: [user, assistant] }],
  ['verl', 'answer', { prompt: [user], reward_model: { ground_truth: '1' } }],
  ['gsm8k', 'answer', { question: 'q', answer: 's\n#### 1' }],
])('%s %s is recognised', (layout, format, row) => {
  expect(detectLayout([row])).toMatchObject({ layout, format })
})

it('says what was seen in how many rows, and what else it may be', () => {
  const rows = [{ prompt: 'p', completion: 'c' }, { prompt: 'p', completion: 'c', lable: 'x' }, 5]
  expect(detectLayout(rows)).toEqual({
    layout: 'canonical',
    format: 'sft',
    evidence: ['2 of 3 rows have prompt, completion', '1 of them cannot be read as canonical without a problem'],
    alternatives: [
      { layout: 'trl-prompt-completion', format: 'sft', evidence: ['2 of 3 rows have prompt, completion'] },
    ],
  })
})

it('keeps to what is asked for, and says nothing where nothing is known', () => {
  const row = { prompt: 'p', completion: 'c' }
  expect(detectLayout([row], { layout: 'trl-prompt-completion' })).toMatchObject({ layout: 'trl-prompt-completion' })
  expect(detectLayout([row], { format: 'answer' })).toBeUndefined()
  expect(detectLayout([{ problem: 'p' }, 7, null])).toBeUndefined()
})

it('looks at 64 rows', () => {
  const rows = [...Array.from({ length: 64 }, () => ({ x: 1 })), { prompt: 'p', answer: 'a' }]
  expect(detectLayout(rows)).toBeUndefined()
})
