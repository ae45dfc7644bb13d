import { describe, expect, it } from 'vitest'
import { type configs, ofType, synth, type TemplateJson } from './support/synth.ts'

const templateOf = (name: keyof typeof configs): TemplateJson => synth(name).templates.compute ?? { Resources: {} }
const dev = templateOf('dev')
const onDemandOnly = templateOf('full')
const all = (type: string, template = dev) => ofType(template, type).map(([, properties]) => properties)
const environmentsOf = (template: TemplateJson) =>
  all('AWS::Batch::ComputeEnvironment', template) as { ComputeResources: Record<string, unknown> }[]
const isFargate = ({ ComputeResources }: { ComputeResources: Record<string, unknown> }) =>
  String(ComputeResources.Type).startsWith('FARGATE')
/** Of trainers. */
const environments = (template: TemplateJson) => environmentsOf(template).filter((each) => !isFargate(each))
/** Of trainers. */
const queuesOf = (template: TemplateJson) =>
  all('AWS::Batch::JobQueue', template).filter(({ JobQueueName }) => !String(JobQueueName).endsWith('-data'))

describe('the machines', () => {
  it('are spot and on-demand, each by the strategy that fits', () => {
    expect(
      environments(dev).map(({ ComputeResources: { Type, AllocationStrategy } }) => [Type, AllocationStrategy]),
    ).toEqual([
      ['SPOT', 'SPOT_PRICE_CAPACITY_OPTIMIZED'],
      ['EC2', 'BEST_FIT_PROGRESSIVE'],
    ])
  })

  it('are on-demand only where the config has no spot', () => {
    expect(environments(onDemandOnly).map(({ ComputeResources: { Type } }) => Type)).toEqual(['EC2'])
    expect(synth('full').stacks.compute.queues.spot).toBeUndefined()
  })

  it('are of the types and as many as the config says, and none while no job waits', () => {
    expect(environments(dev)[0]?.ComputeResources).toMatchObject({
      MinvCpus: 0,
      MaxvCpus: 64,
      InstanceTypes: ['g5.xlarge', 'g5.2xlarge', 'g6.xlarge'],
      Ec2Configuration: [{ ImageType: 'ECS_AL2023_NVIDIA' }],
    })
    expect(environments(onDemandOnly)[0]?.ComputeResources).toMatchObject({ MinvCpus: 0, MaxvCpus: 8 })
  })

  it('are updated in place, which the service-linked role alone allows, and wait for running jobs', () => {
    for (const environment of environments(dev)) {
      expect(environment).toMatchObject({
        ReplaceComputeEnvironment: false,
        UpdatePolicy: { TerminateJobsOnUpdate: false, JobExecutionTimeoutMinutes: 360 },
      })
      expect(environment).not.toHaveProperty('ServiceRole')
    }
  })
})

describe('the launch template', () => {
  const [template] = all('AWS::EC2::LaunchTemplate') as { LaunchTemplateData: Record<string, unknown> }[]
  const data = template?.LaunchTemplateData ?? {}

  it('is multipart and writes the two settings by which a trainer has time to save before its host goes', () => {
    const text = (data.UserData as Record<string, string>)['Fn::Base64'] ?? ''
    expect(settingsOf(text)).toEqual({ ECS_ENABLE_SPOT_INSTANCE_DRAINING: 'true', ECS_CONTAINER_STOP_TIMEOUT: '110s' })
    expect(text.startsWith('MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=')).toBe(true)
    const [, boundary = ''] = /boundary="([^"]+)"/.exec(text) ?? []
    expect(text.trimEnd().endsWith(`\n--${boundary}--`)).toBe(true)
  })

  it('is found to lack a setting that is planted as a comment, or outside of a part', () => {
    expect(settingsOf('echo ECS_A=1 >> /etc/ecs/ecs.config')).toEqual({})
  })

  it('answers metadata to tokens only, two hops away, because a container asks from behind its host', () => {
    expect(data.MetadataOptions).toEqual({ HttpTokens: 'required', HttpPutResponseHopLimit: 2 })
  })

  it('gives an encrypted root volume of the size that the config says, which goes with its machine', () => {
    const Ebs = { VolumeType: 'gp3', VolumeSize: 200, Encrypted: true, DeleteOnTermination: true }
    expect(data.BlockDeviceMappings).toEqual([{ DeviceName: '/dev/xvda', Ebs }])
    const [full] = all('AWS::EC2::LaunchTemplate', onDemandOnly)
    expect(full?.LaunchTemplateData).toMatchObject({ BlockDeviceMappings: [{ Ebs: { VolumeSize: 500 } }] })
  })

  it('is the newest one for both environments', () => {
    for (const { ComputeResources } of environments(dev))
      expect(ComputeResources.LaunchTemplate).toEqual({
        LaunchTemplateId: { Ref: expect.stringMatching(/LaunchTemplate/) },
        Version: { 'Fn::GetAtt': [expect.stringMatching(/LaunchTemplate/), 'LatestVersionNumber'] },
      })
  })
})

describe('the queues', () => {
  it('are one for each kind of machine, spot first', () => {
    expect(queuesOf(dev).map((queue) => queue.JobQueueName)).toEqual(['sluice-dev-on-demand', 'sluice-dev-spot'])
    const { queues, queueArns } = synth('dev').stacks.compute
    expect(queueArns).toEqual([queues.spot, queues.onDemand])
    expect(synth('full').stacks.compute.queueArns).toHaveLength(1)
    for (const queue of queuesOf(dev)) expect(queue.ComputeEnvironmentOrder).toHaveLength(1)
  })

  it('share their machines between production and smoke', () => {
    expect(all('AWS::Batch::SchedulingPolicy')[0]?.FairsharePolicy).toMatchObject({
      ShareDistribution: [
        { ShareIdentifier: 'prod', WeightFactor: 0.25 },
        { ShareIdentifier: 'smoke', WeightFactor: 1 },
      ],
    })
    for (const queue of queuesOf(dev)) expect(queue).toHaveProperty('SchedulingPolicyArn')
  })

  it('cancel a job that is stuck for longer than the config says, for every reason on which Batch can act', () => {
    for (const [template, seconds] of [
      [dev, 3600],
      [onDemandOnly, 600],
    ] as const)
      for (const queue of all('AWS::Batch::JobQueue', template)) {
        const actions = queue.JobStateTimeLimitActions as Record<string, unknown>[]
        expect(actions.map(({ Reason }) => Reason)).toEqual([
          'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
          'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE',
          'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
          'MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED',
        ])
        for (const action of actions)
          expect(action).toMatchObject({ State: 'RUNNABLE', Action: 'CANCEL', MaxTimeSeconds: seconds })
      }
  })
})

describe('what builds datasets', () => {
  const [environment] = environmentsOf(dev).filter(isFargate)
  const [queue] = all('AWS::Batch::JobQueue').filter(({ JobQueueName }) => JobQueueName === 'sluice-dev-data')

  it('is Fargate, spot where the config has it, told nothing that Fargate does not take', () => {
    expect(environment?.ComputeResources).toEqual({
      Type: 'FARGATE_SPOT',
      MaxvCpus: 64,
      Subnets: expect.toSatisfy((subnets: unknown[]) => subnets.length === 2),
      SecurityGroupIds: [expect.anything()],
    })
    expect(environmentsOf(onDemandOnly).filter(isFargate)[0]?.ComputeResources.Type).toBe('FARGATE')
  })

  it('waits in a queue of its own, in the order of submission', () => {
    expect(queue).not.toHaveProperty('SchedulingPolicyArn')
    expect(queue?.ComputeEnvironmentOrder).toEqual([
      {
        Order: 1,
        ComputeEnvironment: { 'Fn::GetAtt': [expect.stringMatching(/^DataBuilderMachines/), expect.anything()] },
      },
    ])
  })

  it('has its queue in every stage, so that a machine can name it, and its definition only where an image is given', () => {
    for (const name of ['dev', 'prod', 'full'] as const) {
      const template = templateOf(name)
      const names = ofType(template, 'AWS::Batch::JobQueue').map(([, { JobQueueName }]) => JobQueueName)
      expect(names).toContain(`sluice-${name}-data`)
      const definitions = ofType(template, 'AWS::Batch::JobDefinition').map(([, each]) => each.JobDefinitionName)
      expect(definitions.includes(`sluice-${name}-data-builder`)).toBe(name === 'dev')
    }
  })
})

describe('the network', () => {
  it('lets nobody in, and trainers out by HTTPS', () => {
    const [group] = all('AWS::EC2::SecurityGroup')
    expect(group).not.toHaveProperty('SecurityGroupIngress')
    expect(all('AWS::EC2::SecurityGroupIngress')).toEqual([])
    expect(group?.SecurityGroupEgress).toMatchObject([{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443 }])
  })

  it('has public subnets, and gateways to S3 and DynamoDB on the routes of each', () => {
    const routes = ofType(dev, 'AWS::EC2::RouteTable').map(([id]) => ({ Ref: id }))
    expect(routes).toHaveLength(2)
    for (const subnet of all('AWS::EC2::Subnet')) expect(subnet.MapPublicIpOnLaunch).toBe(true)
    const endpoints = all('AWS::EC2::VPCEndpoint')
    expect(endpoints).toHaveLength(2)
    for (const each of endpoints) expect(each).toMatchObject({ VpcEndpointType: 'Gateway', RouteTableIds: routes })
  })
})

/** What the shell scripts of a multipart text write into the file of the ECS agent. */
function settingsOf(text: string): Record<string, string> {
  const boundary = /boundary="([^"]+)"/.exec(text)?.[1]
  const parts = boundary === undefined ? [] : text.split(`--${boundary}`).slice(1)
  const scripts = parts.filter((part) => part.includes('Content-Type: text/x-shellscript'))
  const written = scripts.flatMap((part) => [...part.matchAll(/^echo (\w+)=(\S+) >> \/etc\/ecs\/ecs\.config$/gm)])
  return Object.fromEntries(written.map(([, name, value]) => [name, value]))
}
