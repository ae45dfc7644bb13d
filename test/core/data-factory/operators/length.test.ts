import { describe, expect, it } from 'vitest'
import { createLength } from '../../../../core/data-factory/operators/length.ts'
import { describeRow } from '../../../../core/text/describe-row.ts'
import { estimateTokens } from '../../../../core/text/estimate-tokens.ts'
import { Length } from '../../../../schemas/operators.ts'
import type { Message, Row } from '../../../../schemas/rows.ts'

const length = (row: Row, config: Partial<Length>) => createLength(Length.parse(config)).apply(row)
const call = { type: 'function' as const, function: { name: 'add', arguments: '{"a": 1, "b": 2}' } }
const dialogue: Message[] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'What is 1 + 2?' },
  { role: 'assistant', content: '', tool_calls: [call, call] },
  { role: 'tool', content: '3' },
  { role: 'assistant', content: 'It is 3.' },
  { role: 'user', content: 'Thank you' },
  { role: 'assistant', content: 'Welcome' },
]

describe('limits of length', () => {
  it('keeps the same row within the limits, borders included', () => {
    const row = { prompt: 'What is it?', completion: 'A small text.' }
    const tokens = describeRow(row).tokens_estimated
    expect(length(row, { min_tokens: tokens, max_tokens: tokens })).toEqual({ kept: row })
    expect(length(row, { min_tokens: tokens + 1 })).toMatchObject({ dropped: 'too_short' })
    expect(length(row, { max_tokens: tokens - 1 })).toEqual({
      dropped: 'too_long',
      detail: `${tokens} tokens (estimated), at most ${tokens - 1}`,
    })
  })

  it('counts turns and calls of tools', () => {
    const row = { messages: dialogue }
    expect(length(row, { max_turns: 2, max_tool_calls: 2 })).toEqual({ kept: row })
    expect(length(row, { max_turns: 1 })).toEqual({ dropped: 'too_many_turns', detail: '2 turns, at most 1' })
    expect(length(row, { max_tool_calls: 1 })).toMatchObject({ dropped: 'too_many_tool_calls' })
    expect(length({ prompt: dialogue, completion: 'x' }, { max_turns: 1 })).toMatchObject({ dropped: 'too_many_turns' })
  })
})

describe('describing a row', () => {
  it('counts words, characters, turns and calls of the rendered row', () => {
    expect(describeRow({ prompt: 'Say 你好 twice', answer: '4', rationale: 'so <<2+2=4>>4' })).toMatchObject({
      words: 7,
      characters: 'Say 你好 twice\nso 4\n4'.length,
      turns: 1,
      tool_calls: 0,
    })
    expect(describeRow({ messages: dialogue })).toMatchObject({ turns: 2, tool_calls: 2 })
  })

  it('counts the longer side of a pair, and what tools are called with', () => {
    const long = 'a long answer of many words '.repeat(9)
    const pair = describeRow({ prompt: 'Why?', chosen: 'no', rejected: long }).tokens_estimated
    expect(pair).toBe(estimateTokens('Why?') + estimateTokens(long))
    const silent = dialogue.map((message) => ({ ...message, tool_calls: undefined })) as Message[]
    const [withCalls, without] = [dialogue, silent].map((messages) => describeRow({ messages }).tokens_estimated)
    expect(withCalls).toBe(without! + 2 * (estimateTokens('add') + estimateTokens(call.function.arguments)))
  })
})
