import { describe, expect, it } from 'vitest'
import { fillMessages, placeholdersOf } from '../../../../core/data-factory/rollout-pool/placeholders.ts'
import type { Message } from '../../../../schemas/rows.ts'

const calling: Message = {
  role: 'assistant',
  content: '{answer}',
  tool_calls: [{ type: 'function', function: { name: 'wiki', arguments: '{"query": "{question}"}' } }],
}

describe('placeholders', () => {
  it('are found in contents and in arguments of tool calls; braces around anything else are text', () => {
    const found = placeholdersOf([{ role: 'user', content: '{question} {oops} { x } {1} {"a": 2}' }, calling])
    expect([...found].sort()).toEqual(['answer', 'oops', 'question'])
  })

  it('are filled once: what fills them is not looked at again', () => {
    const [message] = fillMessages([{ role: 'user', content: '{question} {answer}' }], {
      question: '{answer} $&',
      answer: '5',
    })
    expect(message?.content).toBe('{answer} $& 5')
  })

  it('are filled inside JSON as JSON', () => {
    const [message] = fillMessages([calling], { question: 'a "b"\nc\\', answer: '"5"' })
    expect(JSON.parse(message?.tool_calls?.[0]?.function.arguments ?? '')).toEqual({ query: 'a "b"\nc\\' })
    expect(message?.content).toBe('"5"')
  })
})
