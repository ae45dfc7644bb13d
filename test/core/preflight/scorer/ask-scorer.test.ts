import { describe, expect, it } from 'vitest'
import { Fault } from '../../../../core/platform/fault.ts'
import { askScorer } from '../../../../core/preflight/scorer/ask-scorer.ts'
import { scorerPrompt } from '../../../../core/preflight/scorer/prompt.ts'
import { type Answer, scored } from '../../../support/scripted-endpoints.ts'
import { apiKey, scorerEndpoint, withScorers } from '../../support/scorers.ts'
import { createTestPlatform } from '../../support/test-platform.ts'

const item = { prompt: 'What is 1 + 1?', completion: '2' }
const scorer = scorerEndpoint('judge')

function answering(...answers: (Answer | Error)[]) {
  return withScorers(createTestPlatform(), (_, __, nth) => {
    const answer = answers[Math.min(nth, answers.length - 1)] as Answer | Error
    if (answer instanceof Error) throw answer
    return answer
  })
}
const refused = (status: number, message = 'no', headers = {}): Answer => ({
  status,
  headers,
  body: JSON.stringify({ error: { message } }),
  ms: 3,
})
const ask = (platform: ReturnType<typeof answering>) => askScorer(platform, scorer, apiKey, item)

describe('a call of a scorer', () => {
  it('is one chat completion with a nonce of its own, and leaves a receipt', async () => {
    const platform = answering(scored(0.5, 'req-1'))
    const receipt = await ask(platform)
    expect(receipt).toMatchObject({
      status: 200,
      attempts: 1,
      ms: 12,
      request_id: 'req-1',
      prompt_tokens: 40,
      completion_tokens: 7,
      score: 0.5,
      cache_hit: null,
      error: null,
      at: '2026-01-01T00:00:00.000Z',
    })
    const [request] = platform.endpoints.requests
    expect(request).toMatchObject({
      url: 'https://judge.example.com/v1/chat/completions',
      headers: { authorization: `Bearer ${apiKey}` },
    })
    const body = JSON.parse(request?.body ?? '') as { model: string; messages: { content: string }[] }
    expect(body).toMatchObject({ model: 'judge', messages: [{ role: 'user' }] })
    expect(body).not.toHaveProperty('temperature')
    expect(body.messages[0]?.content).toContain(receipt.nonce)
    expect(body.messages[0]?.content).toContain(item.prompt)
    const again = await ask(platform)
    expect(again.nonce).not.toBe(receipt.nonce)
  })

  it.each([429, 500, 502, 503])('is tried again after HTTP %i, with growing pauses', async (status) => {
    const platform = answering(refused(status), refused(status), scored(1, 'req-1'))
    expect(await ask(platform)).toMatchObject({ attempts: 3, score: 1, error: null })
    const [first = 0, second = 0] = platform.slept
    expect(platform.slept).toHaveLength(2)
    expect(first).toBeGreaterThanOrEqual(250)
    expect(first).toBeLessThan(750)
    expect(second).toBeGreaterThanOrEqual(500)
    expect(second).toBeLessThan(1500)
  })

  it('gives up after four tries, and waits as the server asks, 20 s at most', async () => {
    const platform = answering(refused(429, 'slow down', { 'retry-after': '7' }))
    expect(await ask(platform)).toMatchObject({ attempts: 4, status: 429, error: 'HTTP 429: slow down', score: null })
    expect(platform.slept).toEqual([7000, 7000, 7000])
    const slow = answering(refused(503, 'x', { 'retry-after': '3600' }))
    await ask(slow)
    expect(slow.slept).toEqual([20_000, 20_000, 20_000])
    const odd = answering(refused(503, 'x', { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }))
    await ask(odd)
    for (const pause of odd.slept) expect(pause).toBeGreaterThan(0)
  })

  it.each([400, 401, 403, 404, 422, 307])('is not tried again after HTTP %i', async (status) => {
    const platform = answering(refused(status))
    expect(await ask(platform)).toMatchObject({ attempts: 1, status, error: `HTTP ${status}: no` })
    expect(platform.slept).toEqual([])
  })

  it('is not tried again when no answer came', async () => {
    const platform = answering(new Fault('busy', 'judge.example.com gave no answer'))
    expect(await ask(platform)).toMatchObject({
      attempts: 1,
      status: null,
      error: expect.stringContaining('no answer'),
    })
  })

  it('passes a defect on', async () => {
    await expect(ask(answering(new TypeError('defect')))).rejects.toThrow('defect')
  })

  it('never lets the key out, wherever the server quotes it', async () => {
    const answers = [
      refused(401, `Incorrect API key provided: ${apiKey}.`),
      refused(401, `${'x'.repeat(275)}${apiKey}`),
      { ...refused(400), body: JSON.stringify({ message: `key ${apiKey}` }) },
      { ...refused(400), body: JSON.stringify({ error: `key ${apiKey}` }) },
      { ...refused(400), body: `<html>${apiKey}` },
      scored(1, apiKey, { headers: { 'x-request-id': apiKey, 'x-cache': `HIT ${apiKey}` } }),
      scored(`${apiKey}`, 'a', { headers: {} }),
      new Fault('busy', `host ${apiKey}`),
    ]
    for (const answer of answers) {
      const receipt = JSON.stringify(await ask(answering(answer)))
      expect(receipt).not.toContain(JSON.stringify(apiKey).slice(1, -1))
      expect(receipt).not.toContain(apiKey.slice(0, 8))
    }
  })
})

describe('the prompt of a scorer', () => {
  it('puts the nonce first where the template has no place for it', () => {
    expect(scorerPrompt('Rate {{completion}}', item, 'n1')).toBe('Request n1.\n\nRate 2')
    expect(scorerPrompt('{{nonce}}: {{prompt}} {{prompt}}', item, 'n1')).toBe('n1: What is 1 + 1? What is 1 + 1?')
    expect(scorerPrompt(undefined, item, 'n1')).toMatch(/^Request n1\./)
  })

  it('fills in what an answer says as it stands', () => {
    const sly = { prompt: '{{completion}}', completion: '$& {{nonce}} $1' }
    expect(scorerPrompt('{{nonce}} | {{prompt}} | {{completion}}', sly, 'n1')).toBe(
      'n1 | {{completion}} | $& {{nonce}} $1',
    )
  })
})
