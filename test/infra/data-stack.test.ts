import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Match, Template } from 'aws-cdk-lib/assertions'
import { App } from 'aws-cdk-lib/core'
import { afterAll, describe, expect, it } from 'vitest'
import { uploadKey } from '../../core/datasets/uploads.ts'
import { readConfig } from '../../infra/config.ts'
import { DataStack } from '../../infra/stacks/data-stack.ts'
import type { Resource } from './support/synth.ts'

const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: Record<string, unknown> }
const folder = mkdtempSync(join(tmpdir(), 'sluice-synth-'))
afterAll(() => rmSync(folder, { recursive: true }))

const build = (sluice: { stage: string; [key: string]: string }) => {
  const app = new App({ context, outdir: mkdtempSync(join(folder, 'app-')) })
  return new DataStack(app, `sluice-${sluice.stage}-data`, readConfig(sluice))
}
const synth = (sluice: { stage: string; [key: string]: string }) => Template.fromStack(build(sluice))

const dev = synth({ stage: 'dev' })
const prod = synth({ stage: 'prod', region: 'eu-west-1' })
const resources = (template: Template) => Object.values(template.toJSON().Resources as Record<string, Resource>)
const only = (template: Template, type: string, id: string) => {
  const found = Object.entries(template.findResources(type)).filter(([each]) => each.startsWith(id))
  expect(found).toHaveLength(1)
  return found[0]?.[1] as { Properties: Record<string, unknown> }
}
const table = (template: Template, id: string) => only(template, 'AWS::DynamoDB::GlobalTable', id).Properties

const keySchema = (pk: string, sk: string) => [
  { AttributeName: pk, KeyType: 'HASH' },
  { AttributeName: sk, KeyType: 'RANGE' },
]

describe('the table control', () => {
  const control = table(dev, 'Control')

  it('is keyed by the text attributes pk and sk, gsi1 and gsi2 by their own pair', () => {
    const names = ['pk', 'sk', 'gsi1pk', 'gsi1sk', 'gsi2pk', 'gsi2sk']
    expect(control.KeySchema).toEqual(keySchema('pk', 'sk'))
    expect(control.AttributeDefinitions).toEqual(names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })))
    expect(control.GlobalSecondaryIndexes).toEqual(
      ['gsi1', 'gsi2'].map((IndexName) => ({
        IndexName,
        KeySchema: keySchema(`${IndexName}pk`, `${IndexName}sk`),
        Projection: { ProjectionType: 'ALL' },
      })),
    )
  })

  it('streams the new image of every write, which carries the event', () => {
    expect(control.StreamSpecification).toEqual({ StreamViewType: 'NEW_IMAGE' })
  })

  it('can be restored to a point in time, on every stage', () => {
    const recovery = { PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }
    for (const template of [dev, prod])
      expect(table(template, 'Control').Replicas).toEqual([expect.objectContaining(recovery)])
  })
})

describe('the table metrics', () => {
  const metrics = table(dev, 'Metrics')

  it('has the same key and no index', () => {
    expect(metrics.KeySchema).toEqual(keySchema('pk', 'sk'))
    expect(metrics).not.toHaveProperty('GlobalSecondaryIndexes')
  })

  it('pays for neither a stream nor a backup: chunks can be read again from their segments', () => {
    expect(metrics).not.toHaveProperty('StreamSpecification')
    expect(table(prod, 'Metrics').Replicas).toEqual([
      expect.not.objectContaining({ PointInTimeRecoverySpecification: expect.anything() }),
    ])
  })
})

it('both tables expire items by the attribute expiresAt of the table port', () => {
  for (const id of ['Control', 'Metrics'])
    expect(table(dev, id).TimeToLiveSpecification).toEqual({ AttributeName: 'expiresAt', Enabled: true })
})

describe('the bucket', () => {
  it('is closed to the public and to access lists, and encrypted with the key of S3', () => {
    dev.hasResourceProperties('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      VersioningConfiguration: Match.absent(),
    })
  })

  it('refuses every request without TLS, to itself and to its objects', () => {
    const bucketId = Object.keys(dev.findResources('AWS::S3::Bucket'))[0]
    const arn = { 'Fn::GetAtt': [bucketId, 'Arn'] }
    dev.hasResourceProperties('AWS::S3::BucketPolicy', {
      Bucket: { Ref: bucketId },
      PolicyDocument: {
        Statement: Match.arrayWith([
          {
            Effect: 'Deny',
            Principal: { AWS: '*' },
            Action: 's3:*',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            Resource: [arn, { 'Fn::Join': ['', [arn, '/*']] }],
          },
        ]),
      },
    })
  })

  it('forgets what lies under uploads/ after a day and unfinished uploads after a week, and nothing else', () => {
    expect(only(dev, 'AWS::S3::Bucket', 'Blobs').Properties.LifecycleConfiguration).toEqual({
      Rules: [
        { Id: 'expire-uploads', Status: 'Enabled', Prefix: uploadKey(''), ExpirationInDays: 1 },
        { Id: 'expire-exports', Status: 'Enabled', Prefix: 'exports/', ExpirationInDays: 1 },
        {
          Id: 'abort-unfinished-uploads',
          Status: 'Enabled',
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
        },
      ],
    })
  })

  it('reports to EventBridge without a function that deploys the setting', () => {
    dev.hasResourceProperties('AWS::S3::Bucket', {
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    })
    for (const type of ['AWS::Lambda::Function', 'AWS::IAM::Role', 'Custom::S3BucketNotifications'])
      dev.resourceCountIs(type, 0)
  })
})

describe('the key of tickets', () => {
  const key = only(dev, 'AWS::KMS::Key', 'TicketKey').Properties

  it('signs with Ed25519, and does nothing else', () => {
    expect(key).toMatchObject({ KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY' })
  })

  it('leaves it to IAM who may sign, gives nobody the right to hand it on, and can still be administered', () => {
    const { Statement } = key.KeyPolicy as { Statement: { Action: string[]; Principal: unknown }[] }
    expect(Statement).toHaveLength(1)
    const [{ Action = [], Principal } = {}] = Statement
    expect(JSON.stringify(Principal)).toContain(':root')
    for (const action of ['kms:Sign', 'kms:GetPublicKey', 'kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion'])
      expect(Action).toContain(action)
    expect(Action.filter((action) => /\*|Grant|Import|Replicate/.test(action))).toEqual([])
  })
})

describe('retention', () => {
  const policies = (template: Template) =>
    new Set(resources(template).map((each) => (each as Resource & { DeletionPolicy?: string }).DeletionPolicy))
  const protections = (template: Template) =>
    ['Control', 'Metrics'].map((id) => (table(template, id).Replicas as object[])[0])

  it('prod keeps tables, bucket and bucket policy when the stack goes, and refuses to delete them', () => {
    expect(policies(prod)).toEqual(new Set(['Retain']))
    for (const replica of protections(prod)) expect(replica).toMatchObject({ DeletionProtectionEnabled: true })
    expect(build({ stage: 'prod' }).terminationProtection).toBe(true)
  })

  it('dev goes without a trace', () => {
    expect(policies(dev)).toEqual(new Set(['Delete']))
    for (const replica of protections(dev)) expect(replica).toMatchObject({ DeletionProtectionEnabled: false })
    expect(build({ stage: 'dev' }).terminationProtection).toBe(false)
  })

  it('another stage can be kept too', () => {
    expect(policies(synth({ stage: 'staging', retention: 'retain' }))).toEqual(new Set(['Retain']))
  })
})

describe('synth', () => {
  it('needs no account, no lookup and no asset besides the template', () => {
    const stack = build({ stage: 'dev' })
    const assembly = (stack.node.root as App).synth()
    expect(assembly.manifest.missing ?? []).toEqual([])
    expect(assembly.getStackArtifact(stack.artifactId).environment).toMatchObject({
      account: 'unknown-account',
      region: 'unknown-region',
    })
    const files = JSON.parse(readFileSync(`${assembly.directory}/${stack.artifactId}.assets.json`, 'utf8'))
    expect(files.dockerImages).toEqual({})
    expect(Object.keys(files.files)).toHaveLength(1)
  })

  it('names the stack after its stage and puts it into the region of the config', () => {
    const stack = build({ stage: 'prod', region: 'eu-west-1' })
    expect([stack.stackName, stack.region]).toEqual(['sluice-prod-data', 'eu-west-1'])
  })
})
