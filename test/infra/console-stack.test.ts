import { App } from 'aws-cdk-lib/core'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../infra/config.ts'
import { ConsoleStack } from '../../infra/stacks/console-stack.ts'
import { operations } from '../../schemas/api.ts'
import { statementsOf } from './support/iam.ts'
import { ofType, synth } from './support/synth.ts'

const template = synth('full').templates.console ?? { Resources: {} }
const only = (type: string) => ofType(template, type)[0]?.[1] ?? {}
interface Behavior {
  PathPattern?: string
  TargetOriginId: string
  [key: string]: unknown
}
const distribution = only('AWS::CloudFront::Distribution').DistributionConfig as {
  DefaultCacheBehavior: Behavior
  CacheBehaviors: Behavior[]
  Origins: { Id: string; [key: string]: unknown }[]
}
const behaviors = [distribution.DefaultCacheBehavior, ...distribution.CacheBehaviors]
const originOf = ({ TargetOriginId }: Behavior) => distribution.Origins.find(({ Id }) => Id === TargetOriginId)

it('exists only when the config asks for it, and then needs people to have tokens', () => {
  expect(synth('dev').templates).not.toHaveProperty('console')
  const build = () => new ConsoleStack(new App(), 'console', readConfig({ stage: 'dev' }), { api: {} })
  expect(build).toThrow('the console needs the door for tokens')
})

describe('the files', () => {
  it('are read by the distribution alone, over TLS', () => {
    const [[bucket = ''] = []] = ofType(template, 'AWS::S3::Bucket')
    expect(only('AWS::S3::Bucket')).toMatchObject({
      PublicAccessBlockConfiguration: { BlockPublicPolicy: true, BlockPublicAcls: true },
    })
    const [allowed, ...more] = statementsOf(template).filter(({ effect }) => effect === 'Allow')
    expect(more).toEqual([])
    expect(allowed).toMatchObject({
      actions: ['s3:GetObject'],
      resources: [`{${bucket}.Arn}/*`],
      condition: { StringEquals: { 'AWS:SourceArn': expect.anything() } },
    })
    expect(only('AWS::CloudFront::OriginAccessControl')).toMatchObject({
      OriginAccessControlConfig: {
        SigningBehavior: 'always',
        SigningProtocol: 'sigv4',
        OriginAccessControlOriginType: 's3',
      },
    })
  })

  it('come up by one command; nothing is deployed that uploads them', () => {
    expect(Object.values(template.Resources).map(({ Type }) => Type)).not.toContain('AWS::Lambda::Function')
    const { Upload } = (template as unknown as { Outputs: Record<string, object> }).Outputs
    expect(JSON.stringify(Upload)).toMatch(/aws s3 sync console\/dist s3:.*create-invalidation/)
  })
})

describe('addresses', () => {
  type Rewrite = (event: { request: { uri: string } }) => { uri: string }
  const code = (only('AWS::CloudFront::Function') as { FunctionCode: string }).FunctionCode
  const rewrite = new Function(`${code}; return handler`)() as Rewrite
  const shown = (uri: string) => rewrite({ request: { uri } }).uri

  it.each(['/', '/jobs/job-1', '/models/llama-3.1', '/models/qwen2.5-0.5b/versions/3'])('%s shows the page', (uri) => {
    expect(shown(uri)).toBe('/index.html')
  })

  it.each(['/index.html', '/assets/index-B3x.js', '/assets/style.css', '/favicon.ico', '/assets/inter.woff2'])(
    '%s is a file',
    (uri) => {
      expect(shown(uri)).toBe(uri)
    },
  )

  it('a missing page of the API stays missing: the distribution turns no error into the page', () => {
    expect(distribution).not.toHaveProperty('CustomErrorResponses')
  })
})

describe('the API', () => {
  const isTaken = (path: string) =>
    distribution.CacheBehaviors.find(({ PathPattern = '' }) =>
      PathPattern.endsWith('/*') ? path.startsWith(PathPattern.slice(0, -1)) : path === PathPattern,
    )

  it.each([...Object.values(operations).map(({ path }) => path), '/openapi.json'])(
    '%s goes to it, uncached',
    (path) => {
      const behavior = isTaken(path)
      expect(behavior).toMatchObject({
        CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
        OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
        AllowedMethods: expect.arrayContaining(['GET', 'POST', 'PUT', 'DELETE']),
      })
      expect(originOf(behavior as Behavior)).toMatchObject({
        CustomOriginConfig: {
          OriginProtocolPolicy: 'https-only',
          OriginSSLProtocols: ['TLSv1.2'],
          OriginReadTimeout: 60,
        },
      })
    },
  )
})

describe('what browsers are told', () => {
  it('every answer has the security headers and comes over HTTPS', () => {
    const { SecurityHeadersConfig } = only('AWS::CloudFront::ResponseHeadersPolicy')
      .ResponseHeadersPolicyConfig as Record<string, unknown>
    expect(SecurityHeadersConfig).toMatchObject({
      ContentSecurityPolicy: {
        ContentSecurityPolicy: expect.stringMatching(/default-src 'self'.*frame-ancestors 'none'/),
      },
      ContentTypeOptions: { Override: true },
      FrameOptions: { FrameOption: 'DENY' },
      ReferrerPolicy: { ReferrerPolicy: 'no-referrer' },
      StrictTransportSecurity: { AccessControlMaxAgeSec: 365 * 86_400 },
    })
    for (const each of behaviors)
      expect(each).toMatchObject({ ViewerProtocolPolicy: 'https-only', ResponseHeadersPolicyId: expect.anything() })
  })

  it('is served from the cheapest locations', () => {
    expect(distribution).toMatchObject({ PriceClass: 'PriceClass_100', DefaultRootObject: 'index.html' })
  })
})
