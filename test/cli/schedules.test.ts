import { describe, expect, it } from 'vitest'
import type { ScheduleView } from '../../schemas/schedule.ts'
import { problem, startStub } from './stub-server.ts'
import { sluice } from './test-io.ts'

const job = 'job-0123456789abcdefghij'
const view = (change: Partial<ScheduleView> = {}): ScheduleView => ({
  name: 'nightly',
  cron: '0 2 * * *',
  timezone: 'UTC',
  action: { kind: 'job', request: { recipe: 'sample', datasets: {}, labels: {} } },
  enabled: true,
  generation: 1,
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:00.000Z',
  last_run: null,
  next_runs: ['2026-01-01T02:00:00.000Z', '2026-01-02T02:00:00.000Z'],
  ...change,
})

describe('sluice schedules put', () => {
  it('sends cron, zone, recipe, bindings and labels, and says when it runs next', async () => {
    const { options, received } = await startStub(() => ({ body: view() }))
    const argv = ['schedules', 'put', 'nightly', '--cron', '0 2 * * *', '--timezone', 'UTC', '--recipe', 'sample@2']
    const { code, out } = await sluice([...options, ...argv, '--dataset', 'train=other', '--label', 'team=a'])
    expect(code).toBe(0)
    expect(received.map(({ method, path }) => `${method} ${path}`)).toEqual(['PUT /v1/schedules/nightly'])
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      cron: '0 2 * * *',
      timezone: 'UTC',
      action: { kind: 'job', request: { recipe: 'sample@2', datasets: { train: 'other' }, labels: { team: 'a' } } },
    })
    expect(out).toContain('nightly: trains with sample, 0 2 * * * UTC\n  2026-01-01T02:00:00Z, 2026-01-02T02:00:00Z')
  })

  it('sends an evaluation, and one that is disabled', async () => {
    const request = { evaluate: 'm@production', datasets: {}, labels: {} }
    const { options, received } = await startStub(() => ({
      body: view({ action: { kind: 'job', request }, enabled: false, next_runs: [] }),
    }))
    const argv = ['schedules', 'put', 'nightly', '--cron', '0 2 * * *', '--evaluate', 'm@production', '--disabled']
    const { out } = await sluice([...options, ...argv])
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      cron: '0 2 * * *',
      action: { kind: 'job', request: { evaluate: 'm@production' } },
      enabled: false,
    })
    expect(out).toContain('evaluates m@production, 0 2 * * * UTC (disabled)')
  })

  it.each([[[]], [['--recipe', 'a', '--evaluate', 'm@1']]])(
    'wants one of recipe and evaluate, not %j',
    async (words) => {
      const { options, received } = await startStub(() => ({ body: view() }))
      const { code, err } = await sluice([...options, 'schedules', 'put', 'n', '--cron', '* * * * *', ...words])
      expect([code, err]).toEqual([1, expect.stringContaining('exactly one of --recipe')])
      expect(received).toEqual([])
    },
  )

  it('shows what the server refuses', async () => {
    const error = { pointer: '/cron', code: 'custom', message: 'field 2 (hour) "25"', remedy: 'Correct it.' }
    const { options } = await startStub(() => problem('invalid', 422, '1 problem in the request', [error]))
    const { code, err } = await sluice([...options, 'schedules', 'put', 'n', '--cron', '0 25 * * *', '--recipe', 'r'])
    expect([code, err]).toEqual([1, expect.stringContaining('field 2 (hour) "25"')])
  })
})

describe('sluice schedules', () => {
  it('list shows what each does, when, and what became of the last run', async () => {
    const at = '2025-12-31T02:00:00.000Z'
    const refused = { scheduled_at: at, at, problem: { code: 'invalid', message: 'job: 1 problem', errors: [] } }
    const items = [view({ last_run: { scheduled_at: at, at, job } }), view({ name: 'weekly', last_run: refused })]
    const { options } = await startStub(() => ({ body: { items, next: null } }))
    const { out } = await sluice([...options, 'schedules', 'list'])
    expect(out).toMatch(new RegExp(`nightly +0 2 \\* \\* \\* UTC +2026-01-01T02:00:00Z +trains with sample +.*${job}`))
    expect(out).toContain('refused: job: 1 problem')
  })

  it('show says which datasets and labels its jobs get', async () => {
    const request = {
      recipe: 'sample',
      datasets: { train: 'other', held: `held@${'a'.repeat(64)}` },
      labels: { team: 'a' },
    }
    const { options } = await startStub(() => ({ body: view({ action: { kind: 'job', request } }) }))
    const { out } = await sluice([...options, 'schedules', 'show', 'nightly'])
    expect(out).toMatch(/^datasets +train=other, held=held@a{64}$/m)
    expect(out).toMatch(/^labels +team=a$/m)
  })

  it('show names everything that was wrong with the last run', async () => {
    const at = '2025-12-31T02:00:00.000Z'
    const errors = [{ pointer: '/recipe/base_model', code: 'not_found', message: 'no base', remedy: 'Register it.' }]
    const { options } = await startStub(() => ({
      body: view({
        last_run: { scheduled_at: at, at, problem: { code: 'invalid', message: 'job: 1 problem', errors } },
      }),
    }))
    const { out } = await sluice([...options, 'schedules', 'show', 'nightly'])
    expect(out).toContain('/recipe/base_model no base Register it.')
  })

  it('delete deletes, with the JSON of the API when asked', async () => {
    const { options, received } = await startStub(() => ({ body: '{"name":"nightly","deleted":true}' }))
    expect(await sluice([...options, 'schedules', 'delete', 'nightly'])).toMatchObject({
      code: 0,
      out: '✓ schedule nightly is deleted\n',
    })
    const json = await sluice([...options, 'schedules', 'delete', 'nightly', '--json'])
    expect(json.out).toBe('{"name":"nightly","deleted":true}\n')
    expect(received.map(({ method }) => method)).toEqual(['DELETE', 'DELETE'])
  })
})

it('sluice models register-base sends id, place, digest and context length', async () => {
  const digest = 'a'.repeat(64)
  const model = { id: 'Qwen/Qwen3-0.6B', uri: 's3://m/q/', digest, label: '', context_length: 32_768 }
  const { options, received } = await startStub(() => ({ body: model }))
  const argv = ['models', 'register-base', model.id, '--uri', 's3://m/q', '--digest', digest]
  const { code, out } = await sluice([...options, ...argv, '--context-length', '32768', '--replace'])
  expect([code, out]).toEqual([0, expect.stringContaining('Qwen/Qwen3-0.6B can be named in recipes: s3://m/q/')])
  expect(received[0]).toMatchObject({ method: 'POST', path: '/v1/base-models' })
  expect(JSON.parse(received[0]?.body ?? '')).toEqual({
    id: model.id,
    uri: 's3://m/q',
    digest,
    context_length: 32_768,
    replace: true,
  })
})
