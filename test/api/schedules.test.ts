import { beforeEach, describe, expect, it } from 'vitest'
import { prepareProject } from '../core/support/project.ts'
import { createTestApi, problemOf, type TestApi } from './support/test-api.ts'

let api: TestApi
beforeEach(async () => {
  api = createTestApi()
  await prepareProject(api.platform)
})

const action = { kind: 'job', request: { recipe: 'sample' } }
const put = (body: object, name = 'nightly', token = 'all') => api.call('PUT', `/v1/schedules/${name}`, { body, token })
const nightly = { cron: '0 2 * * *', action }

describe('a schedule over the API', () => {
  it('is put, read, listed and deleted', async () => {
    const made = await put({ ...nightly, timezone: 'Europe/Berlin' })
    expect(made).toMatchObject({
      status: 200,
      body: {
        name: 'nightly',
        timezone: 'Europe/Berlin',
        enabled: true,
        generation: 1,
        last_run: null,
        next_runs: ['2026-01-01T01:00:00.000Z', '2026-01-02T01:00:00.000Z', {}, {}, {}],
      },
    })
    expect((await api.call('GET', '/v1/schedules/nightly')).body).toEqual(made.body)
    await put(nightly, 'another')
    const page = await api.call('GET', '/v1/schedules?limit=1')
    expect(page.body.items).toMatchObject([{ name: 'another', timezone: 'UTC' }])
    const rest = await api.call('GET', `/v1/schedules?after=${encodeURIComponent(page.body.next)}`)
    expect(rest.body.items).toEqual([made.body])
    const gone = await api.call('DELETE', '/v1/schedules/nightly')
    expect(gone).toMatchObject({ status: 200, body: { name: 'nightly', deleted: true } })
    expect((await api.call('GET', '/v1/schedules/nightly')).status).toBe(404)
    expect((await api.call('DELETE', '/v1/schedules/nightly')).status).toBe(200)
  })

  it.each([
    ['a field of cron', { cron: '0 25 * * *' }, '/cron', 'field 2 (hour) "25"'],
    ['both days', { cron: '0 0 1 * MON' }, '/cron', 'both day of month and day of week'],
    ['an unknown zone', { timezone: 'Europe/Atlantis' }, '/timezone', '"Europe/Atlantis" is no time zone'],
    ['an offset for a zone', { timezone: '+01:00' }, '/timezone', 'no time zone'],
    ['a zone in lower case', { timezone: 'europe/berlin' }, '/timezone', 'no time zone'],
    ['another kind of action', { action: { kind: 'shell', request: {} } }, '/action/kind', ''],
    ['a request that is none', { action: { kind: 'job', request: { recipe: 'A B' } } }, '/action/request/recipe', ''],
    ['an unknown key', { crom: '* * * * *' }, '/crom', 'not a known key'],
    [
      'a recipe that does not exist',
      { action: { kind: 'job', request: { recipe: 'none' } } },
      '/action/request/recipe',
      'recipe "none"',
    ],
  ])('is refused for %s, at its place', async (_, change, pointer, message) => {
    const problem = problemOf(await put({ ...nightly, ...change }))
    expect(problem.status).toBe(422)
    expect(problem.errors).toContainEqual(
      expect.objectContaining({ pointer, message: expect.stringContaining(message) }),
    )
    expect((await api.call('GET', '/v1/schedules')).body.items).toEqual([])
  })

  it('names every problem at once, and a bad name', async () => {
    const problem = problemOf(await put({ cron: 'x', timezone: 'y', action: {} }, 'Bad%20Name'))
    const pointers = problem.errors.map((each) => each.pointer)
    expect(pointers).toEqual(expect.arrayContaining(['/path/name', '/cron', '/timezone', '/action/kind']))
  })

  it('needs scope submit to change and read to see', async () => {
    expect((await put(nightly, 'nightly', 'reader')).status).toBe(403)
    await put(nightly)
    expect((await api.call('DELETE', '/v1/schedules/nightly', { token: 'reader' })).status).toBe(403)
    expect((await api.call('GET', '/v1/schedules/nightly', { token: 'reader' })).status).toBe(200)
    expect((await api.call('GET', '/v1/schedules', { token: 'nobody' })).status).toBe(403)
  })
})
