import { describe, expect, it } from 'vitest'
import { createClient } from '../../cli/client.ts'
import { job, jobId } from './job-samples.ts'
import { problem, type Received, type Reply, startStub } from './stub-server.ts'
import { createInstantClock } from './test-io.ts'

async function stubbed(answer: (request: Received, nth: number) => Reply) {
  const stub = await startStub(answer)
  const clock = createInstantClock()
  const waits: number[] = []
  const connect = async () => ({
    url: stub.url,
    credentials: { kind: 'token', token: 'secret' } as const,
    remedy: 'Start it.',
  })
  const client = createClient(connect, { clock, onBusy: (seconds) => waits.push(seconds) })
  return { ...stub, clock, waits, client }
}

const accepted: Reply = { status: 202, body: job() }
const keysOf = (received: Received[]) => received.map((request) => request.headers['idempotency-key'])

describe('a creating POST', () => {
  it('is repeated with the same key when the connection breaks before the answer', async () => {
    const { client, received, clock } = await stubbed((_request, nth) => (nth <= 2 ? 'hang up' : accepted))
    await expect(client.call('submitJob', { body: { recipe: 'r' } })).resolves.toMatchObject({ id: jobId })
    const keys = keysOf(received)
    expect(keys).toHaveLength(3)
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/)
    expect(new Set(keys).size).toBe(1)
    expect(new Set(received.map((request) => request.body)).size).toBe(1)
    expect(clock.slept).toEqual([100, 300])
  })

  it('is repeated with the same key after 503, when Retry-After says', async () => {
    const busy = problem('busy', 503, 'try again', [], { 'retry-after': '2' })
    const { client, received, clock, waits } = await stubbed((_request, nth) => (nth <= 2 ? busy : accepted))
    await client.call('resumeJob', { params: { job: jobId } })
    expect(new Set(keysOf(received)).size).toBe(1)
    expect(clock.slept).toEqual([2000, 2000])
    expect(waits).toEqual([2, 2])
  })

  it('has a key of its own each time it is called', async () => {
    const { client, received } = await stubbed(() => accepted)
    await client.call('submitJob', { body: { recipe: 'r' } })
    await client.call('submitJob', { body: { recipe: 'r' } })
    expect(new Set(keysOf(received)).size).toBe(2)
  })
})

describe('giving up', () => {
  it('comes after three repeats of a broken connection, naming the address and the remedy', async () => {
    const { client, received, url } = await stubbed(() => 'hang up')
    await expect(client.call('submitJob', { body: { recipe: 'r' } })).rejects.toMatchObject({
      problem: { type: '/problems/unreachable', detail: expect.stringContaining(`nothing answers at ${url}`) },
    })
    expect(received).toHaveLength(4)
  })

  it('comes after a minute of 503, with the server’s own problem', async () => {
    const busy = problem('busy', 503, 'all places are taken', [], { 'retry-after': '3600' })
    const { client, received, clock } = await stubbed(() => busy)
    await expect(client.call('submitJob', { body: { recipe: 'r' } })).rejects.toMatchObject({
      problem: { type: '/problems/busy', detail: 'all places are taken' },
    })
    expect(clock.slept).toEqual([10_000, 10_000, 10_000, 10_000, 10_000, 10_000])
    expect(received).toHaveLength(7)
  })

  it('is at once for 503 without Retry-After, and for 409 and 500 with it', async () => {
    for (const status of [503, 409, 500]) {
      const headers = status === 503 ? {} : { 'retry-after': '1' }
      const { client, received } = await stubbed(() => problem('x', status, 'no', [], headers))
      await expect(client.call('submitJob', { body: { recipe: 'r' } })).rejects.toThrow('no')
      expect(received).toHaveLength(1)
    }
  })
})

describe('requests', () => {
  it('carry the token, and no key where nothing is created', async () => {
    const { client, received } = await stubbed(() => ({ body: { items: [], next: null } }))
    await client.call('listJobs', { query: { limit: 3, after: 'a b&c' } })
    expect(received[0]).toMatchObject({
      method: 'GET',
      path: '/v1/jobs?limit=3&after=a+b%26c',
      headers: { authorization: 'Bearer secret' },
    })
    expect(received[0]?.headers['idempotency-key']).toBeUndefined()
  })

  it('with a bad parameter are refused here: ".." would name another path', async () => {
    const { client, received } = await stubbed(() => accepted)
    await expect(client.call('getJob', { params: { job: '..' } })).rejects.toThrow('bad job "..": must look like job-')
    expect(received).toEqual([])
  })

  it('go to where the server is after it came back somewhere else', async () => {
    const gone = await startStub(() => 'hang up')
    const back = await startStub(() => accepted)
    const urls = [gone.url, back.url]
    const connect = async () => ({
      url: urls.shift() ?? '',
      credentials: { kind: 'token', token: 't' } as const,
      remedy: '',
    })
    const client = createClient(connect, { clock: createInstantClock() })
    await client.call('submitJob', { body: { recipe: 'r' } })
    expect(back.received[0]?.headers['idempotency-key']).toBe(gone.received[0]?.headers['idempotency-key'])
  })
})

describe('answers', () => {
  it('with fields this version does not know are accepted', async () => {
    const { client } = await stubbed(() => ({ status: 202, body: { ...job(), cost_usd: 3 } }))
    await expect(client.call('submitJob', { body: { recipe: 'r' } })).resolves.toMatchObject({ id: jobId })
  })

  it('that break the schema are refused, naming the field', async () => {
    const { client } = await stubbed(() => ({ status: 202, body: { ...job(), status: 'sleeping' } }))
    await expect(client.call('submitJob', { body: { recipe: 'r' } })).rejects.toThrow(
      /not what this version of sluice reads \(status: /,
    )
  })

  it('that are no problem document are shown with their status', async () => {
    const { client } = await stubbed(() => ({ status: 403, body: '<Error>\n  <Code>AccessDenied</Code>' }))
    await expect(client.call('listJobs', {})).rejects.toThrow(
      'GET /v1/jobs was answered with 403: <Error> <Code>AccessDenied</Code>',
    )
  })

  it('cannot drive the terminal', async () => {
    const { client } = await stubbed(() => problem('invalid', 422, 'bad \u0007 \u001b[2Jname'))
    await expect(client.call('listJobs', {})).rejects.toThrow('bad \\x07 name')
  })
})
