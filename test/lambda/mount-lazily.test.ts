import { Hono } from 'hono'
import { expect, it } from 'vitest'
import { createApp } from '../../functions/api/app.ts'
import { createBareApp } from '../../functions/api/bare-app.ts'
import { mountLazily } from '../../functions/api/mount-lazily.ts'
import { operations } from '../../schemas/api.ts'
import type { Operation } from '../../schemas/operations/operation.ts'
import { createTestPlatform } from '../core/support/test-platform.ts'

const options = { authenticate: async () => ({ id: 'ada', scopes: [] }), logError: () => {} }
const table = Object.entries(operations as Record<string, Operation>)

it.each(table.filter(([, { scope, streams }]) => scope !== undefined && !streams))(
  '%s lies under a prefix of its group: it is found, and refused to a caller without its scope',
  async (_, { method, path }) => {
    const app = createApp(createTestPlatform(), options)
    const response = await app.request(path.replaceAll(/\{\w+\}/g, 'x1'), { method: method.toUpperCase() })
    expect(await response.json()).toMatchObject({ status: 403 })
  },
)

it('a path that is no operation of a group is answered as every other that is none', async () => {
  const app = createApp(createTestPlatform(), options)
  for (const path of ['/v1/builds/a/b/c', '/v1/nothing']) {
    const response = await app.request(path)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toMatchObject({
      status: 404,
      detail: expect.stringContaining(`nothing at GET ${path}`),
    })
  }
})

it('loads once, with the first request under any of its prefixes', async () => {
  let loads = 0
  const { app } = createBareApp({ next: () => 'id' }, options)
  mountLazily(app, ['/a', '/b'], async (group) => {
    loads += 1
    group.get('/a', (context) => context.text('a'))
    group.get('/b/:id', (context) => context.text(context.req.param('id')))
  })
  app.get('/c', (context) => context.text('c'))
  expect(await (await app.request('/c')).text()).toBe('c')
  expect(loads).toBe(0)
  const answers = await Promise.all(['/a', '/b/7', '/a'].map(async (path) => (await app.request(path)).text()))
  expect([answers, loads]).toEqual([['a', '7', 'a'], 1])
})

it('hands the environment of the request on, and errors up', async () => {
  const app = new Hono()
  app.onError((error, context) => context.text(error.message, 418))
  mountLazily(app, ['/a'], async (group) => {
    group.get('/a', (context) => context.json(context.env as object))
    group.post('/a', () => {
      throw new Error('broken')
    })
  })
  expect(await (await app.request('/a', {}, { caller: 'ada' })).json()).toEqual({ caller: 'ada' })
  const broken = await app.request('/a', { method: 'POST' })
  expect([broken.status, await broken.text()]).toEqual([418, 'broken'])
})
