import type { Hono } from 'hono'
import { Fault } from '../../../core/platform/fault.ts'
import type { Platform } from '../../../core/platform/ports.ts'
import { createApp } from '../../../functions/api/app.ts'
import { bearerToken, type Principal } from '../../../functions/api/auth.ts'
import { liveRoute } from '../../../functions/api/routes/live.ts'
import { Scope } from '../../../schemas/operations/operation.ts'
import { Problem } from '../../../schemas/problem.ts'
import { createTestPlatform, type TestPlatform } from '../../core/support/test-platform.ts'

const principals: Record<string, Principal> = {
  all: { id: 'alice', scopes: Scope.options },
  bob: { id: 'bob', scopes: Scope.options },
  reader: { id: 'carol', scopes: ['read'] },
  nobody: { id: 'dave', scopes: [] },
}

export interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers as a client would, without a schema.
  body: any
}

export interface TestApi {
  app: Hono
  platform: TestPlatform
  logged: unknown[]
  /** `body` that is no string is sent as JSON. */
  call(
    method: string,
    path: string,
    options?: { body?: unknown; headers?: Record<string, string>; token?: string },
  ): Promise<Answer>
}

/** The API over the embedded drivers, called without a socket. */
export function createTestApi(broken: Partial<Platform> = {}): TestApi {
  const platform = createTestPlatform()
  const logged: unknown[] = []
  const app = createApp(
    { ...platform, ...broken },
    {
      authenticate: async (request) => {
        const principal = principals[bearerToken(request)]
        if (!principal) throw new Fault('unauthenticated', 'nobody has this token')
        return principal
      },
      isHostAllowed: (host) => host === '127.0.0.1:4000',
      logError: (_, error) => logged.push(error),
      live: { route: liveRoute, pace: { pollMs: 1000, budgetMs: 0 } },
    },
  )
  return {
    app,
    platform,
    logged,
    async call(method, path, { body, headers = {}, token = 'all' } = {}) {
      const response = await app.request(path, {
        method,
        headers: {
          host: '127.0.0.1:4000',
          ...(token !== '' && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      const isJson = /json/.test(response.headers.get('content-type') ?? '')
      return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text || undefined }
    },
  }
}

/** The answer as a problem of RFC 9457; throws when it is not one, or when an error lacks what to do about it. */
export function problemOf({ status, headers, body }: Answer): Problem {
  const problem = Problem.parse(body)
  if (headers.get('content-type') !== 'application/problem+json')
    throw new Error(`content type ${headers.get('content-type')}`)
  if (problem.status !== status) throw new Error(`the problem says ${problem.status}, the response ${status}`)
  if (!/^\/problems\/[a-z_]+$/.test(problem.type)) throw new Error(`type ${problem.type}`)
  if (problem.detail === '' || !problem.instance?.startsWith('req-')) throw new Error('detail or instance is missing')
  for (const { message, remedy } of problem.errors)
    if (message === '' || remedy === '') throw new Error('an error without remedy')
  return problem
}
