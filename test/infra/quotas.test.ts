import { expect, it } from 'vitest'
import { render } from './support/render.ts'
import { everyTemplate, ofType, type TemplateJson } from './support/synth.ts'

const longestStage = 16
const longestTrainer = 63

/** The most characters that AWS takes for a name, by type and property. What has no name here gets one from CloudFormation. */
const nameLimits: Record<string, [property: string, most: number]> = {
  'AWS::ApiGateway::Stage': ['StageName', 128],
  'AWS::Batch::JobDefinition': ['JobDefinitionName', 128],
  'AWS::Batch::JobQueue': ['JobQueueName', 128],
  'AWS::Batch::SchedulingPolicy': ['Name', 128],
  'AWS::CloudWatch::Alarm': ['AlarmName', 255],
  'AWS::Events::Archive': ['ArchiveName', 48],
  'AWS::Events::EventBus': ['Name', 256],
  'AWS::IAM::ManagedPolicy': ['ManagedPolicyName', 128],
  'AWS::Pipes::Pipe': ['Name', 64],
  'AWS::Scheduler::Schedule': ['Name', 64],
  'AWS::Scheduler::ScheduleGroup': ['Name', 64],
  'AWS::SNS::Topic': ['TopicName', 256],
  'AWS::SQS::Queue': ['QueueName', 80],
  'AWS::StepFunctions::StateMachine': ['StateMachineName', 80],
}

it.each(everyTemplate())('%s: every name fits with the longest stage and trainer, too', (name, { Resources }) => {
  const stage = name.split(' ')[0] ?? ''
  for (const [id, { Type, Properties = {} }] of Object.entries(Resources)) {
    const [property, most] = nameLimits[Type] ?? []
    if (property === undefined || most === undefined) continue
    const given = String(Properties[property] ?? '')
    const trainer = Type === 'AWS::Batch::JobDefinition' ? longestTrainer : 0
    expect(given.length - stage.length + longestStage + trainer, `${id} ${given}`).toBeLessThanOrEqual(most)
  }
})

/** ARNs and names are longer once they are known. */
const resolved = (value: unknown): string =>
  JSON.stringify(value, (_, each) => {
    const [key] = typeof each === 'object' && each !== null ? Object.keys(each) : []
    if (key === 'Ref' || key?.startsWith('Fn::'))
      return render(each).replaceAll(/\{(\w+)[^}]*\}/g, (_all, ref) => stands[ref] ?? 'x'.repeat(100))
    return each
  })
const stands: Record<string, string> = { Region: 'ap-northeast-1', AccountId: '111122223333', Partition: 'aws' }

it.each(everyTemplate())('%s: policies and environments are as small as IAM and Lambda want them', (_, template) => {
  const documents = (properties: Record<string, unknown>) =>
    ((properties.Policies ?? []) as { PolicyDocument: unknown }[]).map((each) => each.PolicyDocument)
  for (const [id, role] of ofType(template, 'AWS::IAM::Role'))
    expect(resolved([documents(role), attachedTo(template, id)]).length, id).toBeLessThan(10_240)
  for (const [id, policy] of ofType(template, 'AWS::IAM::ManagedPolicy'))
    expect(resolved(policy.PolicyDocument).length, id).toBeLessThan(6144)
  for (const [id, { Environment }] of ofType(template, 'AWS::Lambda::Function'))
    expect(resolved(Environment).length, id).toBeLessThan(4096)
})

it.each(everyTemplate())('%s: the template is one that CloudFormation takes', (_, template) => {
  expect(Buffer.byteLength(JSON.stringify(template))).toBeLessThan(1_000_000)
  expect(Object.keys(template.Resources).length).toBeLessThan(500)
})

/** Inline policies count together. */
function attachedTo(template: TemplateJson, role: string): unknown[] {
  return ofType(template, 'AWS::IAM::Policy')
    .filter(([, { Roles }]) => JSON.stringify(Roles).includes(`"${role}"`))
    .map(([, { PolicyDocument }]) => PolicyDocument)
}
