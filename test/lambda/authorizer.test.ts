import { generateKeyPair } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createAuthorizer } from '../../functions/lambda/authorizer-handler.ts'
import { createVirtualClock, type VirtualClock } from '../support/virtual-clock.ts'
import { type Issuer, startIssuer } from './support/issuer.ts'
import { context } from './support/test-entry.ts'

const methodArn = 'arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/v1/jobs'

let issuer: Issuer
let clock: VirtualClock
let lines: Record<string, unknown>[]
let authorize: (event: unknown) => Promise<unknown>
beforeAll(async () => {
  issuer = await startIssuer()
})
afterAll(() => issuer.stop())
beforeEach(() => {
  issuer.up()
  clock = createVirtualClock()
  lines = []
  const write = (line: string) => lines.push(JSON.parse(line))
  const entry = { name: 'authorize', stage: 'test', platform: { clock }, write }
  const handler = createAuthorizer(entry, { issuer: issuer.url, audience: 'sluice' })
  authorize = (event) => handler(event, context)
})

const bearing = (token: string) => ({ type: 'TOKEN', methodArn, authorizationToken: `Bearer ${token}` })
const token = (claims?: Record<string, unknown>) => issuer.token(clock.now(), claims)

describe('a good token', () => {
  it('is allowed every route of this API, because API Gateway caches the answer by token', async () => {
    expect(await authorize(bearing(await token()))).toEqual({
      principalId: 'alice',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Action: 'execute-api:Invoke',
            Effect: 'Allow',
            Resource: 'arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/*',
          },
        ],
      },
      context: { principal: 'alice', scopes: 'read' },
    })
    expect(lines).toMatchObject([{ message: 'done', request: context.awsRequestId }])
  })

  it.each([
    [{ scope: 'read submit approve admin' }, 'read submit approve admin'],
    [{ scope: 'sluice/read openid sluice/submit' }, 'read submit'],
    [{ scope: undefined, scp: 'approve' }, 'approve'],
    [{ scope: undefined, scp: ['sluice/admin', 'email'] }, 'admin'],
    [{ scope: 'other/read my-sluice/admin' }, ''],
    [{ scope: undefined }, ''],
    [{ scope: 7, scp: [true] }, ''],
  ])('with %j holds the scopes %j', async (claims, scopes) => {
    expect(await authorize(bearing(await token(claims)))).toMatchObject({ context: { principal: 'alice', scopes } })
  })

  it('is found in the header of a whole request, however it is spelt', async () => {
    const event = { type: 'REQUEST', methodArn, headers: { Host: 'a', authorization: `bearer ${await token()}` } }
    expect(await authorize(event)).toMatchObject({ principalId: 'alice' })
  })

  it('asks the issuer once, then knows its keys', async () => {
    await authorize(bearing(await token()))
    const asked = issuer.requests()
    await authorize(bearing(await token({ sub: 'bob' })))
    expect(issuer.requests()).toBe(asked)
  })
})

describe('a bad token', () => {
  const refused = async (event: unknown) => {
    // API Gateway makes 401 of this very text, and 500 of any other.
    await expect(authorize(event)).rejects.toThrow(/^Unauthorized$/)
    expect(lines).toMatchObject([{ fault_unauthenticated: 1 }, { message: 'done', refused: expect.any(String) }])
  }

  it.each<[string, Record<string, unknown>]>([
    ['for somebody else', { aud: 'other' }],
    ['for nobody', { aud: undefined }],
    ['of another issuer', { iss: 'https://other.example' }],
    ['without subject', { sub: undefined }],
    ['that never expires', { exp: undefined }],
  ])('%s is refused', async (_what, claims) => {
    await refused(bearing(await token(claims)))
  })

  it('is refused once it has expired, and not before', async () => {
    const event = bearing(await token())
    await clock.advance(600_000)
    expect(await authorize(event)).toMatchObject({ principalId: 'alice' })
    lines.length = 0
    await clock.advance(6_000)
    await refused(event)
  })

  it('that is not valid yet is refused', async () => {
    await refused(bearing(await token({ nbf: Math.floor(clock.now().getTime() / 1000) + 60 })))
  })

  it('signed by another key of the same name is refused', async () => {
    const { privateKey } = await generateKeyPair('RS256')
    await refused(bearing(await issuer.token(clock.now(), {}, privateKey)))
  })

  it('signed with the public key as if it were a shared secret is refused', async () => {
    const secret = new TextEncoder().encode(issuer.publicPem)
    await refused(bearing(await issuer.token(clock.now(), {}, secret, 'HS256')))
  })

  it('that asks not to be checked (alg none) is refused', async () => {
    const [, payload] = (await token()).split('.')
    const header = Buffer.from(JSON.stringify({ alg: 'none', kid: 'key-1' })).toString('base64url')
    await refused(bearing(`${header}.${payload}.`))
  })

  it('whose claims were changed is refused', async () => {
    const [header, , signature] = (await token()).split('.')
    const [, payload] = (await token({ scope: 'admin' })).split('.')
    await refused(bearing(`${header}.${payload}.${signature}`))
  })

  it.each(['', 'Bearer', 'Bearer not.a.jwt', 'Basic YTpi', 'Bearer a b'])('%j is none', async (text) => {
    await refused({ type: 'TOKEN', methodArn, authorizationToken: text })
  })

  it.each([null, {}, { Host: 'a' }])('a request with the headers %j has none', async (headers) => {
    await refused({ type: 'REQUEST', methodArn, headers })
  })
})

describe('an issuer that cannot be asked', () => {
  const isOurFault = async (event: unknown) => {
    await expect(authorize(event)).rejects.toMatchObject({ code: 'busy' })
    expect(lines).toMatchObject([{ level: 'ERROR', error: { name: 'busy' } }, { fault_busy: 1 }])
  }

  it('is no reason to refuse a token: 500, logged, and fine again once it is back', async () => {
    issuer.down()
    const event = bearing(await token())
    await isOurFault(event)
    issuer.up()
    expect(await authorize(event)).toMatchObject({ principalId: 'alice' })
  })

  it('or one whose discovery document speaks for another, is not trusted', async () => {
    issuer.posing()
    await isOurFault(bearing(await token()))
  })
})

it.each([undefined, {}, { type: 'TOKEN' }, { type: 'OTHER', methodArn }])('the event %j is refused', async (event) => {
  await expect(authorize(event)).rejects.toMatchObject({ code: 'invalid' })
})
