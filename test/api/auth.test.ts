import { describe, expect, it } from 'vitest'
import { requireScope } from '../../functions/api/auth.ts'
import { operations } from '../../schemas/api.ts'
import { type Operation, Scope } from '../../schemas/operations/operation.ts'
import { createTestApi, problemOf } from './support/test-api.ts'

const concrete = ({ path }: Operation) =>
  path
    .replace('{job}', 'job-00000000000000000001')
    .replace('{digest}', 'latest')
    .replace(/\{\w+\}/g, 'name')
const guarded = (Object.entries(operations) as [string, Operation][]).filter(([, { scope }]) => scope)

describe('every operation but health', () => {
  it('has a scope', () => {
    const open = (Object.entries(operations) as [string, Operation][]).filter(([, { scope }]) => !scope)
    expect(open.map(([name]) => name)).toEqual(['health'])
  })

  it.each(guarded)('%s asks for a token before anything else', async (_, operation) => {
    const api = createTestApi()
    const answer = await api.call(operation.method.toUpperCase(), concrete(operation), {
      token: '',
      body: operation.body && 'not json',
    })
    expect(problemOf(answer)).toMatchObject({
      status: 401,
      type: '/problems/unauthenticated',
      detail: 'send the token as: Authorization: Bearer TOKEN',
    })
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
  })

  it.each(guarded)('%s asks for its scope, and names it', async (_, operation) => {
    const api = createTestApi()
    const answer = await api.call(operation.method.toUpperCase(), concrete(operation), { token: 'nobody' })
    expect(problemOf(answer)).toMatchObject({
      status: 403,
      detail: `"dave" lacks scope "${operation.scope}"; it has: none`,
    })
  })

  it('that changes something is closed to who may only read', async () => {
    const api = createTestApi()
    for (const [, operation] of guarded) {
      const { status } = await api.call(operation.method.toUpperCase(), concrete(operation), { token: 'reader' })
      if (operation.scope === 'read') expect(status).not.toBe(403)
      else expect(status).toBe(403)
    }
  })
})

describe('a token', () => {
  it.each(['Basic YTpi', 'Bearer', 'Bearer ', 'all', 'Bearer all extra'])(
    'given as %j is none',
    async (authorization) => {
      const answer = await createTestApi().call('GET', '/v1/jobs', { token: '', headers: { authorization } })
      expect(problemOf(answer).status).toBe(401)
    },
  )

  it('that nobody has is refused', async () => {
    expect(problemOf(await createTestApi().call('GET', '/v1/jobs', { token: 'guess' })).status).toBe(401)
  })

  it('may be announced in any case', async () => {
    expect(
      (await createTestApi().call('GET', '/v1/jobs', { token: '', headers: { authorization: 'bearer all' } })).status,
    ).toBe(200)
  })
})

describe('the Host header', () => {
  it.each(['evil.example', '127.0.0.1:4001', '127.0.0.1:4000.evil.example', ''])(
    '%j is not served, not even health',
    async (host) => {
      const api = createTestApi()
      for (const path of ['/healthz', '/v1/jobs', '/openapi.json', '/nowhere']) {
        const answer = await api.call('GET', path, { headers: { host } })
        expect(problemOf(answer)).toMatchObject({ status: 403, detail: `Host "${host}" is not served here` })
      }
    },
  )
})

it('a scope is held or not, nothing in between', () => {
  for (const scope of Scope.options) {
    expect(() => requireScope({ id: 'a', scopes: [scope] }, scope)).not.toThrow()
    const others = Scope.options.filter((other) => other !== scope)
    expect(() => requireScope({ id: 'a', scopes: others }, scope)).toThrow(
      `lacks scope "${scope}"; it has: ${others.join(', ')}`,
    )
  }
})
