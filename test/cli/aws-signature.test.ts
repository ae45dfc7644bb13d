import { beforeEach, expect, it, vi } from 'vitest'
import { findServer } from '../../cli/config.ts'
import { expectedSignature, signatureOf } from '../support/aws-signature.ts'
import { job, jobId } from './job-samples.ts'
import { type Received, type Reply, startStub } from './stub-server.ts'
import { createTestIo, sluice } from './test-io.ts'

const keys = { id: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', session: 'session-token' }

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', keys.id)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', keys.secret)
  vi.stubEnv('AWS_SESSION_TOKEN', keys.session)
  return () => vi.unstubAllEnvs()
})

async function run(argv: string[], answer: (request: Received, nth: number) => Reply) {
  const stub = await startStub(answer)
  const result = await sluice([...argv, '--url', `${stub.url}/dev`, '--region', 'eu-west-1'], createTestIo())
  return { ...result, received: stub.received }
}

it('a request to an API Gateway address carries a signature of method, path, query, headers and body', async () => {
  const { code, received } = await run(['jobs', 'submit', 'my-recipe', '--label', 'team=a b'], () => ({
    status: 202,
    body: job(),
  }))
  expect(code).toBe(0)
  expect(received[0]).toMatchObject({ method: 'POST', path: '/dev/v1/jobs' })
  expect(isSigned(received[0])).toBe(true)
  expect(received[0]?.headers).toMatchObject({ 'x-amz-security-token': keys.session })
  expect(received[0]?.headers.authorization).toContain('/eu-west-1/execute-api/aws4_request')
})

it('query parameters are signed too, in their order', async () => {
  const { received } = await run(['jobs', 'metrics', jobId, '--names', 'loss,a b/c', '--json'], () => ({
    body: { series: [] },
  }))
  expect(received[0]?.path).toContain('?')
  expect(isSigned(received[0])).toBe(true)
})

it('a body changed on the way does not fit the signature: the check can fail', async () => {
  const { received } = await run(['jobs', 'submit', 'my-recipe'], () => ({ status: 202, body: job() }))
  const changed = { ...(received[0] as Received), body: '{"recipe":"other"}' }
  expect(isSigned(changed)).toBe(false)
})

it('a repeat after a lost answer is signed anew and keeps its idempotency key', async () => {
  const { received } = await run(['jobs', 'submit', 'my-recipe'], (_, nth) =>
    nth === 1 ? 'hang up' : { status: 202, body: job() },
  )
  expect(received).toHaveLength(2)
  expect(isSigned(received[1])).toBe(true)
  expect(received[1]?.headers['idempotency-key']).toBe(received[0]?.headers['idempotency-key'])
})

it("API Gateway's own refusal is shown with its words", async () => {
  const { code, err } = await run(['jobs', 'list'], () => ({
    status: 403,
    body: { Message: 'User: arn:aws:iam::1:user/a is not authorized' },
  }))
  expect(code).toBe(1)
  expect(err).toContain('403')
  expect(err).toContain('arn:aws:iam::1:user/a is not authorized')
})

it.each([
  ['https://abc123.execute-api.us-east-2.amazonaws.com/prod/', 'us-east-2'],
  ['https://abc123.execute-api.cn-north-1.amazonaws.com.cn/prod', 'cn-north-1'],
])('%s needs no --region', async (url, region) => {
  expect(await findServer({ url }, {})).toMatchObject({ credentials: { kind: 'aws', region } })
})

it.each([
  'https://abc.execute-api.eu-west-1.amazonaws.com.evil.example',
  'https://execute-api.eu-west-1.amazonaws.com',
  'https://abc-execute-api.eu-west-1.amazonaws.com',
])('the look-alike %s gets no signature', async (url) => {
  await expect(findServer({ url }, {})).rejects.toThrow('give --region (or SLUICE_REGION)')
})

it('a given token wins over the region', async () => {
  const url = 'https://abc.execute-api.eu-west-1.amazonaws.com/dev'
  expect(await findServer({ url, token: 't' }, {})).toMatchObject({ credentials: { kind: 'token', token: 't' } })
})

it('without credentials the way to get some is named', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', '')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', '')
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent')
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent')
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  const { code, err, received } = await run(['jobs', 'list'], () => ({ body: {} }))
  expect(code).toBe(1)
  expect(err).toMatch(/no usable AWS credentials \(.+\); sign in \(aws sso login, aws configure\) or give --profile/)
  expect(received).toEqual([])
})

function isSigned(request: Received | undefined): boolean {
  return request !== undefined && signatureOf(request) === expectedSignature(request, keys.secret)
}
