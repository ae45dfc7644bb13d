import { describe, expect, it } from 'vitest'
import { readCompletion, scoreIn } from '../../../../core/preflight/scorer/read-completion.ts'

const usage = { prompt_tokens: 40, completion_tokens: 7, prompt_tokens_details: { cached_tokens: 0 } }
const completion = { id: 'cmpl-1', choices: [{ message: { content: '{"score": 0.5}' } }], usage }
const read = (headers: Record<string, string> = {}, change: object = {}) =>
  readCompletion(headers, JSON.stringify({ ...completion, ...change }))

describe('a score', () => {
  it.each([
    ['0.25', 0.25],
    ['{"score": 1}', 1],
    ['{"score": "0.5"}', 0.5],
    ['```json\n{"score": 0.75, "why": "ok"}\n```', 0.75],
    ['First I thought score: 0.2, but then.\n**Score**: 0.9', 0.9],
    ['score = 0', 0],
  ])('is read from %j', (text, score) => {
    expect(scoreIn(text)).toBe(score)
  })

  it.each([
    '',
    'good',
    '1.5',
    '{"score": -0.1}',
    '{"score": null}',
    '{"grade": 1}',
    '[1]',
    'I give it 7 of 10',
    'null',
  ])('is not in %j', (text) => {
    expect(scoreIn(text)).toBeNull()
  })
})

describe('a cache hit', () => {
  it.each<[string, Record<string, string>, object]>([
    ['header x-cache', { 'x-cache': 'Hit from cloudfront' }, {}],
    ['header cf-cache-status', { 'cf-cache-status': 'HIT' }, {}],
    ['header helicone-cache', { 'helicone-cache': 'HIT' }, {}],
    ['header x-litellm-cache-key', { 'x-litellm-cache-key': 'ab12' }, {}],
    ['header x-litellm-cache-hit', { 'x-litellm-cache-hit': 'True' }, {}],
    ['cached: true', {}, { cached: true }],
    ['whole prompt', {}, { usage: { ...usage, prompt_tokens_details: { cached_tokens: 40 } } }],
  ])('is seen: %s', (evidence, headers, change) => {
    expect(read(headers, change).cacheHit).toContain(evidence)
  })

  it.each<[Record<string, string>, object]>([
    [{}, {}],
    [{ 'x-cache': 'Miss from cloudfront', 'cf-cache-status': 'DYNAMIC', 'x-litellm-cache-hit': 'False' }, {}],
    [{}, { cached: false }],
    [{}, { usage: { ...usage, prompt_tokens_details: { cached_tokens: 39 } } }],
    [{}, { usage: { prompt_tokens: 0, prompt_tokens_details: { cached_tokens: 0 } } }],
    [{}, { usage: { ...usage, prompt_tokens_details: null } }],
  ])('is not imagined: %j %j', (headers, change) => {
    expect(read(headers, change).cacheHit).toBeNull()
  })
})

it('prefers the header as request id', () => {
  expect(read({ 'x-request-id': 'req-1' }).requestId).toBe('req-1')
  expect(read().requestId).toBe('cmpl-1')
  expect(read({}, { id: undefined }).requestId).toBeNull()
})

it.each(['', 'nonsense', '[]', 'null', '{"choices":[]}', '{"usage":null}', '{"choices":7}'])('survives %j', (body) => {
  expect(readCompletion({}, body)).toMatchObject({ score: null, promptTokens: null, cacheHit: null })
})
