import { describe, expect, it } from 'vitest'
import { runScorerChecks } from '../../../../core/preflight/scorer/run-scorer-checks.ts'
import { scorerReceiptsKey } from '../../../../core/preflight/subject.ts'
import { RecipeSpec } from '../../../../schemas/recipe.ts'
import { ScorerProbe, ScorerReceipts } from '../../../../schemas/scorer-probe.ts'
import { sampleRecipe } from '../../../support/sample-project.ts'
import { type Answer, scored } from '../../../support/scripted-endpoints.ts'
import { apiKey, scorerEndpoint, withScorers } from '../../support/scorers.ts'
import { notPassed, prepareSubject, type SubjectOptions } from '../../support/subject.ts'
import { createTestPlatform, type TestPlatform } from '../../support/test-platform.ts'

const good = (nth: number): Answer => scored(nth % 2 === 0 ? 0.9 : 0.1, `req-${nth}`)

async function prepare(
  reply: (nth: number) => Answer = good,
  change: Partial<ScorerProbe> = {},
): Promise<{
  platform: ReturnType<typeof withScorers<TestPlatform>>
  subject: Awaited<ReturnType<typeof prepareSubject>>
}> {
  const test = createTestPlatform()
  const scorer = { ...scorerEndpoint('judge'), ...change }
  const options: SubjectOptions = { recipe: { preflight: { min_free_gb: 0, scorer } } }
  const subject = await prepareSubject(test, options)
  return { platform: withScorers(test, (_, __, nth) => reply(nth)), subject }
}

/** Every other answer is a hit until `hits` are reached. */
const withHits = (hits: number) => (nth: number) =>
  scored(nth % 2 === 0 ? 0.9 : 0.1, `req-${nth}`, {
    headers: { 'x-request-id': `req-${nth}`, ...(nth < hits && { 'x-cache': 'HIT' }) },
  })

describe('the probe of the scorer', () => {
  it('is nothing where the recipe has none', async () => {
    const test = createTestPlatform()
    const platform = withScorers(test, () => good(0))
    const subject = await prepareSubject(test)
    expect(await runScorerChecks(platform, subject, 'round1')).toEqual({ checks: [], files: {} })
    expect(platform.endpoints.requests).toEqual([])
  })

  it('passes after 8 live, billed, differing scores, and keeps their receipts', async () => {
    const { platform, subject } = await prepare()
    const { checks, files } = await runScorerChecks(platform, subject, 'round1')
    expect(notPassed(checks)).toEqual([])
    expect(checks.map(({ name, value }) => [name, value])).toEqual([
      ['scorer_probe', 8],
      ['scorer_scores', 2],
      ['scorer_cache_hits', 0],
      ['scorer_recent_call', '2026-01-01T00:00:00.000Z'],
    ])
    const key = scorerReceiptsKey(subject, 'round1')
    expect(files).toEqual({ [key]: expect.stringMatching(/^[0-9a-f]{64}$/) })
    const text = new TextDecoder().decode(await platform.blobs.get(key))
    const receipts = ScorerReceipts.parse(JSON.parse(text))
    expect(new Set(receipts.calls.map(({ nonce }) => nonce)).size).toBe(8)
    const prompts = platform.endpoints.requests.map(({ body }) => body)
    for (const { nonce } of receipts.calls) expect(prompts.filter((body) => body.includes(nonce))).toHaveLength(1)
    expect(text + JSON.stringify(checks)).not.toContain(apiKey)
    expect(text + JSON.stringify(checks)).not.toContain(apiKey.slice(0, 8))
  })

  it('is not paid for twice when a step is repeated', async () => {
    const { platform, subject } = await prepare()
    const first = await runScorerChecks(platform, subject, 'round1')
    expect(await runScorerChecks(platform, subject, 'round1')).toEqual(first)
    expect(platform.endpoints.requests).toHaveLength(8)
  })

  it.each<[string, Answer, RegExp]>([
    [
      'a call fails',
      { status: 401, headers: {}, body: '{"error":{"message":"who?"}}', ms: 1 },
      /call 4: HTTP 401: who\?/,
    ],
    ['there was no latency', scored(0.4, 'x', { ms: 0 }), /latency 0 ms is not above 0/],
    ['there is no request id', scored(0.4, 'x', { headers: {}, body: { id: undefined } }), /no request id/],
    [
      'nothing was billed',
      scored(0.4, 'x', { body: { usage: { prompt_tokens: 5, completion_tokens: 0 } } }),
      /billable/,
    ],
    ['there is no usage', scored(0.4, 'x', { body: { usage: undefined } }), /null \+ null tokens/],
    ['there is no score', scored('fine', 'x'), /no score from 0 to 1/],
    ['the score is out of range', scored(7, 'x'), /no score from 0 to 1/],
    ['a request id comes twice', scored(0.4, 'req-0'), /request id req-0 is that of call 1/],
  ])('fails when %s', async (_, answer, evidence) => {
    const { platform, subject } = await prepare((nth) => (nth === 3 ? answer : good(nth)))
    const { checks } = await runScorerChecks(platform, subject, 'round1')
    const probe = checks.find(({ name }) => name === 'scorer_probe')
    expect(probe).toMatchObject({ status: 'fail', value: 7 })
    expect(probe?.evidence.join('\n')).toMatch(evidence)
  })

  it('fails when every answer gets the same score', async () => {
    const { platform, subject } = await prepare((nth) => scored(0.5, `req-${nth}`))
    expect(notPassed((await runScorerChecks(platform, subject, 'round1')).checks)).toEqual([
      'scorer_scores test/judge: fail',
    ])
  })

  it('fails all its checks when nothing answers', async () => {
    const { platform, subject } = await prepare(() => ({ status: 404, headers: {}, body: '', ms: 1 }))
    const { checks } = await runScorerChecks(platform, subject, 'round1')
    expect(checks.map(({ status, value }) => [status, value])).toEqual([
      ['fail', 0],
      ['fail', 0],
      ['fail', null],
      ['fail', null],
    ])
  })

  it('fails naming the secret that is not set, and calls nobody', async () => {
    const { platform, subject } = await prepare(good, { api_key_secret: 'scorer-none' })
    const { checks } = await runScorerChecks(platform, subject, 'round1')
    expect(checks.every(({ status }) => status === 'fail')).toBe(true)
    expect(checks[0]).toMatchObject({ message: 'secret scorer-none is not set' })
    expect(platform.endpoints.requests).toEqual([])
  })
})

describe('the gate against simulation', () => {
  it.each([
    [10, 8, []],
    [10, 9, ['scorer_cache_hits test/judge: fail']],
    [10, 10, ['scorer_cache_hits test/judge: fail', 'scorer_recent_call test/judge: fail']],
  ])('in round 1, of %i answers %i from a cache', async (n, hits, failed) => {
    const { platform, subject } = await prepare(withHits(hits), { n })
    const { checks } = await runScorerChecks(platform, subject, 'round1')
    expect(notPassed(checks)).toEqual(failed)
    expect(checks.find(({ name }) => name === 'scorer_cache_hits')).toMatchObject({ value: hits / n })
  })

  it.each([
    [37, []],
    [38, ['scorer_cache_hits test/judge: fail']],
  ])('in round 2 counts the calls of both rounds: %i of 40 from a cache', async (hits, failed) => {
    const { platform, subject } = await prepare(withHits(hits), { n: 20 })
    await runScorerChecks(platform, subject, 'round1')
    const { checks } = await runScorerChecks(platform, subject, 'round2')
    expect(notPassed(checks)).toEqual(failed)
    expect(checks.find(({ name }) => name === 'scorer_cache_hits')).toMatchObject({ value: hits / 40 })
  })

  it('sees an answer of round 1 come again in round 2, by its id or by its bytes', async () => {
    const { platform, subject } = await prepare((nth) => good(nth % 8))
    await runScorerChecks(platform, subject, 'round1')
    const { checks } = await runScorerChecks(platform, subject, 'round2')
    expect(checks.find(({ name }) => name === 'scorer_cache_hits')).toMatchObject({ value: 0.5 })
    const other = await prepare((nth) => ({ ...good(nth % 8), headers: { 'x-request-id': `fresh-${nth}` } }))
    await runScorerChecks(other.platform, other.subject, 'round1')
    const second = await runScorerChecks(other.platform, other.subject, 'round2')
    expect(second.checks.find(({ name }) => name === 'scorer_cache_hits')).toMatchObject({ value: 0.5 })
  })

  it('refuses receipts that are an hour old, and counts a new run anew', async () => {
    const { platform, subject } = await prepare()
    const test = platform as unknown as { clock: { now(): Date } }
    await runScorerChecks(platform, subject, 'round1')
    const start = test.clock.now().getTime()
    const at = (ms: number) => ({ ...platform, clock: { ...platform.clock, now: () => new Date(start + ms) } })
    expect(notPassed((await runScorerChecks(at(3_599_999), subject, 'round1')).checks)).toEqual([])
    expect(notPassed((await runScorerChecks(at(3_600_000), subject, 'round1')).checks)).toEqual([
      'scorer_recent_call test/judge: fail',
    ])
    const resumed = await runScorerChecks(at(3_600_000), { ...subject, run: 2 }, 'round1')
    expect(notPassed(resumed.checks)).toEqual([])
    expect(Object.keys(resumed.files)).toEqual([`jobs/${subject.job}/preflight/scorer_receipts_round1-run2.json`])
  })
})

describe('the configuration of a scorer', () => {
  const parse = (change: object) => ScorerProbe.safeParse({ ...scorerEndpoint('judge'), ...change }).success
  it('has its defaults, and no limit above the required one', () => {
    expect(ScorerProbe.parse(scorerEndpoint('judge'))).toMatchObject({
      n: 8,
      max_cache_hit_round1: 0.9,
      max_cache_hit_round2: 0.95,
    })
    expect(parse({ max_cache_hit_round1: 0.91 })).toBe(false)
    expect(parse({ max_cache_hit_round2: 0.96 })).toBe(false)
    expect(RecipeSpec.safeParse(sampleRecipe({ preflight: { scorer: scorerEndpoint('judge') } })).success).toBe(true)
  })

  it.each(['hf-token', 'scorer-', 'xscorer-a', 'scorer-a/../b', 'SCORER-a'])('sends no secret named %s', (name) => {
    expect(parse({ api_key_secret: name })).toBe(false)
  })

  it.each([
    ['https://api.example.com/v1', true],
    ['http://127.0.0.1:8080/v1', true],
    ['http://localhost/v1', true],
    ['http://169.254.169.254/latest', false],
    ['http://api.example.com/v1', false],
    ['http://127.0.0.1.evil.example/v1', false],
    ['http://localhost@evil.example/v1', false],
    ['https://user:pw@example.com/v1', false],
    ['https://example.com/v1?key=1', false],
    ['file:///etc/passwd', false],
  ])('talks to %s: %s', (base_url, allowed) => {
    expect(parse({ base_url })).toBe(allowed)
  })
})
