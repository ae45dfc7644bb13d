import { expect, it } from 'vitest'
import { routes } from '../../console/src/api/routes.ts'
import { operations } from '../../schemas/api.ts'

it('the console asks for operations where the API has them', () => {
  expect(Object.keys(routes).length).toBeGreaterThan(10)
  for (const [name, route] of Object.entries(routes)) {
    const { method, path } = operations[name as keyof typeof routes]
    expect(route, name).toEqual({ method, path })
  }
})
