import { describe, expect, it } from 'vitest'
import { operations } from '../../schemas/api.ts'
import type { Operation } from '../../schemas/operations/operation.ts'
import { router } from './support/rest-routes.ts'
import { ofType, synth } from './support/synth.ts'

const template = synth('full').templates.api ?? { Resources: {} }
const dev = synth('dev').templates.api ?? { Resources: {} }
const doorOf = (name: string) =>
  ofType(template, 'AWS::ApiGateway::RestApi').find(([, { Name }]) => Name === name)?.[0] ?? ''
const doors = [
  { name: 'sluice-full', authorization: 'AWS_IAM' },
  { name: 'sluice-full-jwt', authorization: 'CUSTOM' },
]
const requests = (Object.values(operations) as Operation[]).map(({ method, path, streams = false }) => ({
  method: method.toUpperCase(),
  path: path.replaceAll(/\{\w+\}/g, 'x1'),
  streams,
}))

describe.each(doors)('the door $name', ({ name, authorization }) => {
  const route = router(template, doorOf(name))

  const whole = { authorization, function: 'api', isStreamed: false, timeoutMs: 29_000 }
  const live = { authorization, function: 'stream', isStreamed: true, timeoutMs: 60_000 }

  it.each([...requests, { method: 'GET', path: '/openapi.json', streams: false }])(
    'answers $method $path',
    ({ method, path, streams }) => {
      expect(route(method, path)).toEqual(streams ? live : whole)
    },
  )

  it('streams what happens and what happened, for a minute', () => {
    for (const path of ['/v1/jobs/job-1', '/api/v1/monitoring/job-1'])
      for (const view of ['live', 'playback']) expect(route('GET', `${path}/${view}`)).toEqual(live)
  })

  it.each([
    '/',
    '/nothing',
    '/v1',
    '/v1/nothing/here',
    '/v1/jobs/job-1/nothing',
    '/v1/jobs/job-1/live/more',
    '/v1/jobs/job-1/metrics/branches',
    '/v1/metrics/compare',
    '/api/2.0/mlflow/runs/create',
    '/api/v1/monitoring/dashboard',
    '/api/v1/x',
  ])('hands %s to the function too, whose answer names what there is', (path) => {
    for (const method of ['GET', 'POST', 'DELETE']) expect(route(method, path)).toEqual(whole)
  })

  it('limits the rate, caches nothing and writes an access log of one JSON object a line', () => {
    const [stage] = ofType(template, 'AWS::ApiGateway::Stage').filter(
      ([, { RestApiId }]) => (RestApiId as { Ref: string }).Ref === doorOf(name),
    )
    expect(stage?.[1]).toMatchObject({
      StageName: 'full',
      MethodSettings: [
        {
          HttpMethod: '*',
          ResourcePath: '/*',
          ThrottlingRateLimit: 100,
          ThrottlingBurstLimit: 200,
          DataTraceEnabled: false,
        },
      ],
    })
    expect(stage?.[1]).not.toHaveProperty('CacheClusterEnabled')
    const { Format, DestinationArn } = (stage?.[1].AccessLogSetting ?? {}) as { Format: string; DestinationArn: object }
    expect(Object.keys(JSON.parse(Format))).toEqual(
      expect.arrayContaining(['requestId', 'caller', 'method', 'path', 'status']),
    )
    const [group] = ofType(template, 'AWS::Logs::LogGroup').filter(([id]) =>
      JSON.stringify(DestinationArn).includes(id),
    )
    expect(group?.[1]).toMatchObject({ LogGroupName: `/sluice/full/${name}`, RetentionInDays: 7 })
  })

  it('is regional and takes TLS 1.2 and 1.3 with forward secrecy only', () => {
    expect(template.Resources[doorOf(name)]?.Properties).toMatchObject({
      EndpointConfiguration: { Types: ['REGIONAL'] },
      SecurityPolicy: 'SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09',
      EndpointAccessMode: 'BASIC',
    })
  })
})

describe('who may call', () => {
  it('there is no method that nobody has to prove themselves for, and no CORS: the console has the origin of its API', () => {
    for (const [, { HttpMethod, AuthorizationType }] of ofType(template, 'AWS::ApiGateway::Method')) {
      expect(['AWS_IAM', 'CUSTOM']).toContain(AuthorizationType)
      expect(HttpMethod).not.toBe('OPTIONS')
    }
  })

  it("a token's answer is kept for five minutes, and what cannot be a JWT never starts the function", () => {
    const [[, authorizer] = ['', {}]] = ofType(template, 'AWS::ApiGateway::Authorizer')
    expect(authorizer).toMatchObject({
      Type: 'TOKEN',
      IdentitySource: 'method.request.header.Authorization',
      AuthorizerResultTtlInSeconds: 300,
    })
    const { IdentityValidationExpression } = authorizer as { IdentityValidationExpression: string }
    const looksRight = (header: string) => new RegExp(IdentityValidationExpression).test(header)
    expect(looksRight('Bearer eyJhbGciOi_-.eyJzdWIiOiI.c2lnbmF0dXJl')).toBe(true)
    for (const header of ['', 'Bearer ', 'Bearer abc', 'Basic YTpi.YTpi.YTpi', 'Bearer a.b.c d'])
      expect(looksRight(header)).toBe(false)
  })

  it('without an issuer in the config there is one door and nothing that checks tokens', () => {
    expect(ofType(dev, 'AWS::ApiGateway::RestApi').map(([, { Name }]) => Name)).toEqual(['sluice-dev'])
    expect(ofType(dev, 'AWS::ApiGateway::Authorizer')).toEqual([])
  })
})

describe('timeouts', () => {
  it('a function never outlives the gateway that waits for it', () => {
    const timeouts = ofType(template, 'AWS::Lambda::Function').map(([, { Environment, Timeout }]) => [
      (Environment as { Variables: { SLUICE_FUNCTION: string } }).Variables.SLUICE_FUNCTION,
      Number(Timeout),
    ])
    const { api, stream, authorize } = Object.fromEntries(timeouts) as Record<string, number>
    expect({ api, stream, authorize }).toEqual({
      api: 29,
      stream: 60,
      authorize: expect.toSatisfy((s: number) => s <= 29),
    })
  })
})

it('the role for logs, one setting of the region, is made once, first, and stays', () => {
  const accounts = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::ApiGateway::Account')
  expect(accounts).toEqual([expect.objectContaining({ DeletionPolicy: 'Retain' })])
  for (const { Type, DependsOn } of Object.values(template.Resources) as { Type: string; DependsOn?: string[] }[])
    if (Type === 'AWS::ApiGateway::Stage') expect(DependsOn?.join()).toMatch(/Account|DeploymentStage/)
})

it('says where it is and which policies there are', () => {
  const outputs = Object.keys((template as unknown as { Outputs: object }).Outputs)
  for (const output of [
    'ApiUrl',
    'JwtApiUrl',
    'PolicyArnread',
    'PolicyArnsubmit',
    'PolicyArnapprove',
    'PolicyArnadmin',
  ])
    expect(outputs).toContain(output)
})
