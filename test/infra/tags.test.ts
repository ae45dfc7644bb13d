import { describe, expect, it } from 'vitest'
import { everyTemplate, ofType, synth } from './support/synth.ts'

/** Types that CloudFormation gives no tags, or whose tags are those of what they belong to. */
const untagged = new Set(
  `ApiGateway::Account ApiGateway::Authorizer ApiGateway::Deployment ApiGateway::GatewayResponse ApiGateway::Method
  ApiGateway::Resource CloudFront::OriginAccessControl CloudFront::ResponseHeadersPolicy EC2::LaunchTemplate EC2::Route
  EC2::SubnetRouteTableAssociation EC2::VPCGatewayAttachment Events::Archive IAM::InstanceProfile IAM::ManagedPolicy IAM::Policy
  Lambda::EventInvokeConfig Lambda::Permission S3::BucketPolicy Scheduler::Schedule SNS::Subscription SNS::TopicPolicy
  SQS::QueuePolicy StepFunctions::StateMachineAlias StepFunctions::StateMachineVersion`
    .split(/\s+/)
    .map((name) => `AWS::${name}`),
)

it.each(everyTemplate())('%s: bills tell the stage of everything that takes a tag', (name, { Resources }) => {
  const stage = name.split(' ')[0]
  const silent = Object.entries(Resources)
    .filter(([, { Type }]) => !untagged.has(Type))
    .filter(([, { Properties }]) => stageIn(Properties) !== stage)
    .map(([id, { Type }]) => `${id}: ${Type}`)
  expect(silent).toEqual([])
})

describe('machines of trainers, most of the bill', () => {
  const compute = synth('dev').templates.compute ?? { Resources: {} }

  it('carry the stage, which Batch gives them', () => {
    const resources = ofType(compute, 'AWS::Batch::ComputeEnvironment').map(([, each]) => each.ComputeResources)
    // Fargate has no machines: its tasks have the tags of their job.
    const machines = resources.filter((each) => !(each as { Type: string }).Type.startsWith('FARGATE'))
    expect(machines).toHaveLength(2)
    for (const each of machines)
      expect(each).toMatchObject({ Tags: { Name: 'sluice-dev-trainer', 'sluice:stage': 'dev' } })
  })

  it('so do their volumes, by the launch template', () => {
    expect(ofType(compute, 'AWS::EC2::LaunchTemplate').map(([, each]) => each)).toMatchObject([
      {
        LaunchTemplateData: {
          TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'sluice:stage', Value: 'dev' }] }],
        },
      },
    ])
  })
})

function stageIn(properties: Record<string, unknown> = {}): unknown {
  const { Replicas } = properties as { Replicas?: Record<string, unknown>[] }
  const tags = Replicas ? Replicas[0]?.Tags : (properties.Tags ?? properties.ResourceTags)
  if (!Array.isArray(tags)) return (tags as Record<string, unknown> | undefined)?.['sluice:stage']
  return (tags as { Key: string; Value: string }[]).find(({ Key }) => Key === 'sluice:stage')?.Value
}
