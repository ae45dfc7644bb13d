import type { Resource } from './synth.ts'

const always = () => true
const onDemand = ({ Properties }: Resource) => Properties?.BillingMode === 'PAY_PER_REQUEST'
const gateway = ({ Properties }: Resource) => Properties?.VpcEndpointType === 'Gateway'
const noMachines = ({ Properties }: Resource) => {
  const { Type, MinvCpus, DesiredvCpus = 0 } = (Properties?.ComputeResources ?? {}) as Record<string, unknown>
  // Fargate has nothing to keep, and takes no minimum.
  if (Type === 'FARGATE' || Type === 'FARGATE_SPOT') return MinvCpus === undefined && DesiredvCpus === 0
  return MinvCpus === 0 && DesiredvCpus === 0
}
const notKeptWarm = ({ Properties }: Resource) => Properties?.ProvisionedConcurrencyConfig === undefined
const uncached = ({ Properties }: Resource) => Properties?.CacheClusterEnabled !== true

/** The only types a stack may hold, each with the condition under which an unused one is free. New types join knowingly. */
const freeWhenIdle: Record<string, (resource: Resource) => boolean> = {
  'AWS::ApiGateway::Account': always,
  'AWS::ApiGateway::Authorizer': always,
  'AWS::ApiGateway::Deployment': always,
  'AWS::ApiGateway::GatewayResponse': always,
  'AWS::ApiGateway::Method': always,
  'AWS::ApiGateway::RequestValidator': always,
  'AWS::ApiGateway::Resource': always,
  'AWS::ApiGateway::RestApi': always,
  'AWS::ApiGateway::Stage': uncached,
  'AWS::Batch::ComputeEnvironment': noMachines,
  'AWS::Batch::JobDefinition': always,
  'AWS::Batch::JobQueue': always,
  'AWS::Batch::SchedulingPolicy': always,
  // The first two budgets of an account are free, and this is one.
  'AWS::Budgets::Budget': always,
  'AWS::CloudFront::Distribution': always,
  'AWS::CloudFront::Function': always,
  'AWS::CloudFront::OriginAccessControl': always,
  'AWS::CloudFront::ResponseHeadersPolicy': always,
  'AWS::DynamoDB::GlobalTable': onDemand,
  'AWS::EC2::InternetGateway': always,
  'AWS::EC2::LaunchTemplate': always,
  'AWS::EC2::Route': always,
  'AWS::EC2::RouteTable': always,
  'AWS::EC2::SecurityGroup': always,
  'AWS::EC2::Subnet': always,
  'AWS::EC2::SubnetRouteTableAssociation': always,
  'AWS::EC2::VPC': always,
  'AWS::EC2::VPCEndpoint': gateway,
  'AWS::EC2::VPCGatewayAttachment': always,
  'AWS::Events::Archive': always,
  'AWS::Events::EventBus': always,
  'AWS::Events::Rule': always,
  'AWS::IAM::InstanceProfile': always,
  'AWS::IAM::ManagedPolicy': always,
  'AWS::IAM::Policy': always,
  'AWS::IAM::Role': always,
  'AWS::Lambda::EventInvokeConfig': always,
  'AWS::Lambda::Function': notKeptWarm,
  'AWS::Lambda::Permission': always,
  'AWS::Logs::LogGroup': always,
  'AWS::Logs::MetricFilter': always,
  'AWS::Pipes::Pipe': always,
  'AWS::S3::Bucket': always,
  'AWS::S3::BucketPolicy': always,
  // A tick of it costs $0.000001, of which the first 14 million a month are free.
  'AWS::Scheduler::Schedule': always,
  'AWS::Scheduler::ScheduleGroup': always,
  'AWS::SNS::Subscription': always,
  'AWS::SNS::Topic': always,
  'AWS::SNS::TopicPolicy': always,
  'AWS::SQS::Queue': always,
  'AWS::SQS::QueuePolicy': always,
  'AWS::StepFunctions::StateMachine': always,
  'AWS::StepFunctions::StateMachineAlias': always,
  'AWS::StepFunctions::StateMachineVersion': always,
}

/** What costs while nobody uses it, knowingly: US dollars a month, and what they buy. */
export const accepted: Readonly<Record<string, { monthlyUsd: number; buys: string }>> = {
  'AWS::KMS::Key': { monthlyUsd: 1, buys: 'a key of tickets that nobody, not even an administrator, can copy' },
}

/** Alarms are asked for by the key `alarmEmail`: US dollars a month for each metric that an alarm watches. */
export const alarmMonthlyUsd = 0.1

/** How many metrics the alarms of a template watch. */
export function alarmMetrics({ Resources = {} }: { Resources?: Record<string, Resource> }): number {
  const alarms = Object.values(Resources).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
  const watched = ({ Metrics }: Record<string, unknown>) =>
    Array.isArray(Metrics) ? Metrics.filter((each: { MetricStat?: unknown }) => each.MetricStat).length : 1
  return alarms.reduce((sum, { Properties = {} }) => sum + watched(Properties), 0)
}

/**
 * `logicalId: type` of every resource that costs money, or may, while nobody uses it; what is accepted is left out, alarms too where
 * they are `askedFor`. */
export function idleCosts(template: { Resources?: Record<string, Resource> }, askedFor: string[] = []): string[] {
  return Object.entries(template.Resources ?? {})
    .filter(
      ([, resource]) =>
        !accepted[resource.Type] && !askedFor.includes(resource.Type) && !freeWhenIdle[resource.Type]?.(resource),
    )
    .map(([id, resource]) => `${id}: ${resource.Type}`)
}
