import { describe, expect, it } from 'vitest'
import type { JobView } from '../../schemas/job.ts'
import { event, failed, job, jobId, refused, succeeded } from './job-samples.ts'
import { problem, type Reply, startStub } from './stub-server.ts'
import { createTestIo, sluice } from './test-io.ts'

/** Answers POST /v1/jobs with 202 and the job's view with each of `views`, the last one for ever. */
function jobServer(...views: JobView[]) {
  const reads = [...views]
  return startStub((request): Reply => {
    if (request.method === 'POST') return { status: 202, body: job() }
    if (request.path.includes('/events')) {
      const last = views.at(-1) as JobView
      return { body: { items: [{ ...event('ended', 0, last.status), time: last.updated_at }], next: null } }
    }
    return { body: reads.length > 1 ? reads.shift() : reads[0] }
  })
}

describe.each([
  ['succeeded', succeeded(), 0],
  ['refused', refused(), 2],
  ['failed', failed(), 1],
  ['cancelled', { ...failed(), status: 'cancelled' as const }, 1],
])('a job that ends %s', (status, ended, expected) => {
  it.each([
    ['jobs submit --watch', ['jobs', 'submit', 'arithmetic', '--watch']],
    ['jobs watch', ['jobs', 'watch', jobId]],
    ['jobs resume --watch', ['jobs', 'resume', jobId, '--watch']],
    ['jobs clone --watch --json', ['jobs', 'clone', jobId, '--watch', '--json']],
  ])(`gives %s the exit code ${expected}`, async (_name, argv) => {
    const { options } = await jobServer(job({ status: 'running' }), ended)
    const { code, out } = await sluice([...options, ...argv])
    expect(code).toBe(expected)
    expect(out).toContain(status)
  })

  it('gives commands that only read it the exit code 0', async () => {
    const { options } = await jobServer(ended)
    expect((await sluice([...options, 'jobs', 'get', jobId])).code).toBe(0)
  })
})

describe('a refused request', () => {
  const refusal = problem('illegal_transition', 409, 'no')
  const resumeOf = (status: JobView['status']) =>
    startStub((request) => (request.method === 'POST' ? refusal : { body: { ...failed(), status } }))

  it.each([
    ['failed', 2],
    ['cancelled', 2],
    ['refused', 2],
    ['succeeded', 1],
    ['running', 1],
  ] as const)('of resume on a job that is %s gives %i', async (status, expected) => {
    const { options } = await resumeOf(status)
    expect(await sluice([...options, 'jobs', 'resume', jobId])).toMatchObject({ code: expected, err: 'error: no\n' })
  })

  it.each([
    ['illegal_transition', 409, 2],
    ['conflict', 409, 1],
    ['not_found', 404, 1],
    ['forbidden', 403, 1],
  ] as const)('of promote with problem %s gives %3$i', async (type, status, expected) => {
    const { options } = await startStub(() => problem(type, status, 'no'))
    const answer = await sluice([...options, 'models', 'promote', 'm@3'])
    expect(answer).toMatchObject({ code: expected, err: 'error: no\n' })
  })

  it('of submit or cancel gives 1', async () => {
    const { options } = await startStub(() => refusal)
    expect((await sluice([...options, 'jobs', 'submit', 'r', '--watch'])).code).toBe(1)
    expect((await sluice([...options, 'jobs', 'cancel', jobId])).code).toBe(1)
  })
})

it('promote sends the version, the alias and where it must point now', async () => {
  const moved = {
    model: 'm',
    alias: 'staging',
    version: 3,
    previous: null,
    reason: 'r',
    moved_at: '2026-01-01T00:00:00.000Z',
  }
  const { options, received } = await startStub(() => ({ body: moved }))
  await sluice([...options, 'models', 'promote', 'm@3', '--alias', 'staging', '--from', 'none'])
  await sluice([...options, 'models', 'promote', 'm@3', '--from', '2'])
  expect(received.map(({ method, path, body }) => [method, path, JSON.parse(body)])).toEqual([
    ['PUT', '/v1/models/m/aliases/staging', { version: 3, from: null }],
    ['PUT', '/v1/models/m/aliases/production', { version: 3, from: 2 }],
  ])
  expect(await sluice([...options, 'models', 'promote', 'm'])).toMatchObject({
    code: 1,
    err: 'error: "m" names no version; write it like m@1\n',
  })
})

it('submit sends recipe, dataset bindings and labels', async () => {
  const { options, received } = await jobServer(job())
  const sha = 'cd'.repeat(32)
  const words = ['--dataset', `train@${sha}`, '--dataset', 'probe=other', '--label', 'team=a=b', '--label', 'x=y']
  const { out } = await sluice([...options, 'jobs', 'submit', 'arithmetic@3', ...words])
  expect(JSON.parse(received[0]?.body as string)).toEqual({
    recipe: 'arithmetic@3',
    datasets: { train: `train@${sha}`, probe: 'other' },
    labels: { team: 'a=b', x: 'y' },
  })
  expect(out).toBe(`✓ ${jobId} submitted: recipe arithmetic@3 (smoke)\n  watch it: sluice jobs watch ${jobId}\n`)
})

it('a defect of the CLI itself gives 1 and its stack, not a rejection', async () => {
  const io = createTestIo({ env: { SLUICE_URL: 'http://127.0.0.1:1', SLUICE_TOKEN: 't' } })
  io.clock.sleep = () => Promise.reject(new RangeError('planted'))
  const { code, err } = await sluice(['jobs', 'list'], io)
  expect(code).toBe(1)
  expect(err).toContain('RangeError: planted')
})
