import { describe, expect, it } from 'vitest'
import { type Reasons, statementsOf, statementsOfRole, wideRights } from './support/iam.ts'
import { type configs, everyTemplate, ofType, synth, type TemplateJson } from './support/synth.ts'

const noResources = 'the action knows no resources: * is its only form'
const jobId = 'the ARN of a compute job carries a random id, neither its queue nor its name'
const cluster = 'AWS Batch makes the cluster and names it itself'

/** Every action that may stand on everything of its kind, and why. New ones join knowingly. */
const reasons: Reasons = {
  'batch:DescribeJobs': noResources,
  'batch:ListJobs': noResources,
  'batch:DescribeJobDefinitions': noResources,
  'batch:TerminateJob': jobId,
  'batch:TagResource': jobId,
  'ecr:GetAuthorizationToken': noResources,
  'ecs:DiscoverPollEndpoint': noResources,
  'ecs:RegisterContainerInstance': cluster,
  'ecs:DeregisterContainerInstance': cluster,
  'ecs:Poll': cluster,
  'ecs:StartTelemetrySession': cluster,
  'ecs:SubmitAttachmentStateChanges': cluster,
  'ecs:SubmitContainerStateChange': cluster,
  'ecs:SubmitTaskStateChange': cluster,
  'ecs:TagResource': cluster,
  'ecs:UpdateContainerInstancesState': cluster,
  'logs:CreateLogDelivery': noResources,
  'logs:DeleteLogDelivery': noResources,
  'logs:DescribeLogGroups': noResources,
  'logs:DescribeResourcePolicies': noResources,
  'logs:GetLogDelivery': noResources,
  'logs:ListLogDeliveries': noResources,
  'logs:PutResourcePolicy': noResources,
  'logs:UpdateLogDelivery': noResources,
}

/** Policies that AWS writes: API Gateway takes no other for its account-wide log role. */
const managedPolicies = ['AmazonAPIGatewayPushToCloudWatchLogs']

const template = (name: keyof typeof configs, stack: string): TemplateJson => {
  const found = synth(name).templates[stack]
  if (!found) throw new Error(`config ${name} has no stack ${stack}`)
  return found
}

describe('no role may do more than it must', () => {
  it.each(everyTemplate())('%s: no wildcard action, and none on everything without a reason', (_, each) => {
    expect(wideRights(each, reasons)).toEqual([])
  })

  it.each(everyTemplate())('%s: no policy of AWS that nobody here has read', (_, each) => {
    const arns = ofType(each, 'AWS::IAM::Role').flatMap(([, role]) => role.ManagedPolicyArns ?? [])
    const unknown = arns
      .map((arn) => JSON.stringify(arn))
      .filter((arn) => !managedPolicies.some((name) => arn.includes(name)))
    expect(unknown).toEqual([])
  })

  it('ends compute jobs that carry our tag, and no others', () => {
    const ending = everyTemplate().flatMap(([, each]) =>
      statementsOf(each).filter(({ actions }) => actions.includes('batch:TerminateJob')),
    )
    expect(ending.length).toBeGreaterThan(5)
    for (const { condition } of ending) expect(condition).toEqual({ Null: { 'aws:ResourceTag/sluice:job': 'false' } })
  })

  it('sees the policies: hundreds of statements, and every reason is needed', () => {
    const statements = everyTemplate().flatMap(([, each]) => statementsOf(each))
    expect(statements.length).toBeGreaterThan(200)
    const used = new Set(statements.flatMap(({ actions }) => actions))
    expect(Object.keys(reasons).filter((action) => !used.has(action))).toEqual([])
  })

  it.each([
    [{ Action: 's3:*', Resource: 'arn:aws:s3:::b/k' }, 'Planted: s3:*'],
    [{ Action: ['s3:GetObject', 'dynamodb:*Item'], Resource: 'arn:aws:s3:::b/k' }, 'Planted: dynamodb:*Item'],
    [{ Action: 's3:GetObject', Resource: '*' }, 'Planted: s3:GetObject on *'],
    [{ Action: 's3:GetObject', Resource: ['arn:aws:s3:::b/k', '*'] }, 'Planted: s3:GetObject on *'],
    [
      { Action: 'lambda:InvokeFunction', Resource: 'arn:aws:lambda:r:1:function:*' },
      'on arn:aws:lambda:r:1:function:*',
    ],
    [
      { Action: 's3:PutObject', Resource: { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Blobs', 'Arn'] }, '/*']] } },
      '{Blobs.Arn}/*',
    ],
    [
      { Action: 'states:StopExecution', Resource: { 'Fn::Join': ['', ['arn:aws:states:r:1:', 'execution:*']] } },
      'execution:*',
    ],
  ])('a planted %j is found', (statement, found) => {
    const planted = { Effect: 'Allow', ...statement }
    const policy = { Type: 'AWS::IAM::Policy', Properties: { PolicyDocument: { Statement: [planted] } } }
    const inline = { Type: 'AWS::IAM::Role', Properties: { Policies: [policy.Properties] } }
    for (const Planted of [policy, inline])
      expect(wideRights({ Resources: { ...template('dev', 'data').Resources, Planted } }, reasons).join()).toContain(
        found,
      )
  })
})

describe('the trainers', () => {
  const compute = template('dev', 'compute')
  const rightsOf = (id: string) => {
    const [role] = ofType(compute, 'AWS::IAM::Role').find(([each]) => each.startsWith(id)) ?? ['']
    return statementsOfRole(compute, role)
  }

  it('read datasets, models and what jobs left, and write jobs and evaluations only', () => {
    const bucket = '{Blobs.Arn}'
    const readable = ['datasets/*', 'jobs/*', 'evaluations/*', 'models/*', 'base-models/*']
    expect(rightsOf('TrainersJob').map(({ actions, resources }) => [actions, resources])).toEqual([
      [['s3:GetObject'], readable.map((key) => `${bucket}/${key}`).toSorted()],
      [['s3:ListBucket'], [bucket]],
      [
        ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'],
        [`${bucket}/evaluations/*`, `${bucket}/jobs/*`],
      ],
    ])
    expect(rightsOf('TrainersJob')[1]?.condition).toEqual({ StringLikeIfExists: { 's3:prefix': readable } })
  })

  it('have their images pulled from the repositories of the config, and from no other', () => {
    for (const role of ['TrainersExecution', 'MachinesInstanceRole']) {
      const pulls = rightsOf(role).find(({ actions }) => actions.includes('ecr:BatchGetImage'))
      expect(pulls?.resources).toEqual(['arn:aws:ecr:eu-west-1:123456789012:repository/sluice/trl'])
    }
  })

  it('without an image in ECR nobody may pull from it', () => {
    const actions = statementsOf(template('prod', 'compute')).flatMap((each) => each.actions)
    expect(actions.filter((action) => action.startsWith('ecr:'))).toEqual([])
  })
})
