import { CfnComputeEnvironment, CfnJobDefinition, type CfnJobQueue } from 'aws-cdk-lib/aws-batch'
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { LogGroup } from 'aws-cdk-lib/aws-logs'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import { Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { BuilderEnvironmentName } from '../../adapters/aws/environment.ts'
import { builderName, type Config, type DataBuilder as Machine } from '../config.ts'
import { blobStatements } from './blob-statements.ts'
import { pullStatements } from './image-pull.ts'
import { jobQueue } from './job-queue.ts'
import type { Network } from './network.ts'

export interface DataBuilderProps {
  config: Config
  network: Network
  bucket: Bucket
  logGroup: LogGroup
  definitionPrefix: string
}

/**
 * A build starts over on a clean disk, so Batch repeats it where nothing was wrong with it: an image that did not come, or spot
 * capacity that went. Every other end is final, whatever the exit code. The first match wins, and no match would mean RETRY.
 */
const retryStrategy = {
  attempts: 3,
  evaluateOnExit: [
    { onStatusReason: 'Your Spot Task was interrupted*', action: 'RETRY' },
    { onReason: 'Your Spot Task was interrupted*', action: 'RETRY' },
    { onReason: 'CannotPullContainerError*', action: 'RETRY' },
    { onReason: '*', action: 'EXIT' },
    { onStatusReason: '*', action: 'EXIT' },
  ],
}

const scratch = '/scratch'

/** Where dataset builds run that are too large for a function: Fargate, spot where the config has it. Free while no build waits. */
export class DataBuilder extends Construct {
  readonly queue: CfnJobQueue
  /** Where the config says of what. */
  readonly definition?: CfnJobDefinition

  constructor(scope: Construct, id: string, props: DataBuilderProps) {
    super(scope, id)
    const { config, network } = props
    // Fargate is nothing while nothing runs, and takes neither a minimum nor tags of machines.
    const environment = new CfnComputeEnvironment(this, 'Machines', {
      type: 'MANAGED',
      state: 'ENABLED',
      replaceComputeEnvironment: false,
      computeResources: {
        type: config.spot ? 'FARGATE_SPOT' : 'FARGATE',
        maxvCpus: config.maxVcpus,
        subnets: network.subnets.map(({ subnetId }) => subnetId),
        securityGroupIds: [network.securityGroup.securityGroupId],
      },
    })
    this.queue = jobQueue(this, 'Queue', { config, capacity: 'data', environment })
    if (config.dataBuilder) this.definition = this.define(config.dataBuilder, props)
  }

  private define(machine: Machine, { bucket, logGroup, definitionPrefix }: DataBuilderProps): CfnJobDefinition {
    const assumedBy = new ServicePrincipal('ecs-tasks.amazonaws.com')
    const job = new Role(this, 'Job', {
      assumedBy,
      inlinePolicies: {
        // As the grants of run-build, which does the same work on less.
        blobs: new PolicyDocument({
          statements: blobStatements(bucket, {
            read: ['datasets/*', 'builds/*'],
            write: ['datasets/*', 'builds/*'],
            delete: ['datasets/*/data-*.jsonl'],
          }),
        }),
      },
    })
    const log = new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    })
    const start = new PolicyDocument({ statements: [log, ...pullStatements(Stack.of(this), [machine])] })
    const execution = new Role(this, 'Execution', { assumedBy, inlinePolicies: { start } })
    const environment: Record<BuilderEnvironmentName, string> = {
      SLUICE_SCRATCH: scratch,
      SLUICE_THREADS: String(machine.vcpus),
    }
    return new CfnJobDefinition(this, 'Definition', {
      jobDefinitionName: `${definitionPrefix}${builderName}`,
      type: 'container',
      platformCapabilities: ['FARGATE'],
      retryStrategy,
      timeout: { attemptDurationSeconds: 86_400 },
      propagateTags: true,
      containerProperties: {
        image: machine.image,
        jobRoleArn: job.roleArn,
        executionRoleArn: execution.roleArn,
        resourceRequirements: [
          { type: 'VCPU', value: String(machine.vcpus) },
          { type: 'MEMORY', value: String(machine.memoryMib) },
        ],
        ephemeralStorage: { sizeInGiB: machine.ephemeralGib },
        environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
        // The image is pulled past the internet gateway: there is no NAT.
        networkConfiguration: { assignPublicIp: 'ENABLED' },
        runtimePlatform: { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' },
        // Hands SIGTERM on: node as process 1 would not hear it.
        linuxParameters: { initProcessEnabled: true },
        logConfiguration: {
          logDriver: 'awslogs',
          options: {
            'awslogs-group': logGroup.logGroupName,
            'awslogs-region': Stack.of(this).region,
            'awslogs-stream-prefix': builderName,
          },
        },
      },
    })
  }
}
