import { Hono } from 'hono'
import { expect, it } from 'vitest'
import { type Binder, binder } from '../../functions/api/bind.ts'
import { bindLazily } from '../../functions/api/bind-lazily.ts'
import { recipeOperations } from '../../schemas/operations/recipes.ts'

const nobody = async () => ({ id: 'ada', scopes: ['read'] as const })

function appOf(load: (bind: Binder) => Promise<void>): { app: Hono; errors: Error[] } {
  const app = new Hono()
  const errors: Error[] = []
  app.onError((error, context) => {
    errors.push(error)
    return context.text('', 500)
  })
  bindLazily(binder(app, nobody), recipeOperations, load)
  return { app, errors }
}

const whole = (answered: string[]) => async (bind: Binder) => {
  for (const [name, operation] of Object.entries(recipeOperations))
    bind(operation, async () => {
      answered.push(name)
      return {} as never
    })
}

it('routes load with the first request of their group, once for all', async () => {
  let loads = 0
  const answered: string[] = []
  const { app } = appOf(async (bind) => {
    loads += 1
    await whole(answered)(bind)
  })
  expect(loads).toBe(0)
  const responses = await Promise.all(['/v1/recipes', '/v1/recipes/a', '/v1/recipes'].map((path) => app.request(path)))
  expect(responses.map(({ status }) => status)).toEqual([200, 200, 200])
  expect([loads, answered.sort()]).toEqual([1, ['getRecipe', 'listRecipes', 'listRecipes']])
})

it('who may not call an operation loads nothing', async () => {
  let loads = 0
  const { app, errors } = appOf(async () => {
    loads += 1
  })
  const request = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
  await app.request('/v1/recipes', request)
  expect([loads, errors[0]]).toMatchObject([0, { code: 'forbidden' }])
})

it('a group whose routes leave an operation out serves none, and names it', async () => {
  const { app, errors } = appOf(async (bind) => bind(recipeOperations.listRecipes, async () => ({}) as never))
  expect((await app.request('/v1/recipes')).status).toBe(500)
  expect(errors[0]).toMatchObject({ code: 'internal', message: expect.stringMatching(/^no route serves .*getRecipe/) })
})
