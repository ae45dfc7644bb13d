import type { CfnJobDefinition } from 'aws-cdk-lib/aws-batch'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { type App, RemovalPolicy, Stack } from 'aws-cdk-lib/core'
import type { Config } from '../config.ts'
import { ComputeEnvironments } from '../constructs/compute-environments.ts'
import { DataBuilder } from '../constructs/data-builder.ts'
import { fairShare } from '../constructs/fair-share.ts'
import { jobDefinition } from '../constructs/job-definition.ts'
import { jobQueue } from '../constructs/job-queue.ts'
import { Network } from '../constructs/network.ts'
import { TrainerRoles } from '../constructs/trainer-roles.ts'
import type { DataStack } from './data-stack.ts'

/** Where trainers and large dataset builds run: network, machines, queues, job definitions. Free while no job waits. */
export class ComputeStack extends Stack {
  /** ARNs. */
  readonly queues: { spot?: string; onDemand: string }
  /** Of trainers: spot before on-demand. */
  readonly queueArns: string[]
  /** Of dataset builds. It is always there; what it runs, only where the config says of what. */
  readonly dataQueueArn: string
  /** A recipe names a definition without it. */
  readonly definitionPrefix: string
  /** What trainers print. */
  readonly jobLogGroup: LogGroup
  readonly definitions: Record<string, CfnJobDefinition>

  constructor(app: App, id: string, config: Config, { data }: { data: DataStack }) {
    super(app, id, { ...(config.region && { env: { region: config.region } }) })
    this.definitionPrefix = `sluice-${config.stage}-`
    this.jobLogGroup = new LogGroup(this, 'JobLog', {
      logGroupName: `/sluice/${config.stage}/jobs`,
      retention: config.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    })

    const network = new Network(this, 'Network')
    const jobLogGroupArn = this.jobLogGroup.logGroupArn
    const environments = new ComputeEnvironments(this, 'Machines', { config, network, jobLogGroupArn })
    const policy = fairShare(this, 'Shares', config.stage)
    const onDemand = { config, capacity: 'on-demand', environment: environments.onDemand, policy } as const
    this.queues = { onDemand: jobQueue(this, 'OnDemandQueue', onDemand).attrJobQueueArn }
    if (environments.spot) {
      const spot = { config, capacity: 'spot', environment: environments.spot, policy } as const
      this.queues.spot = jobQueue(this, 'SpotQueue', spot).attrJobQueueArn
    }
    this.queueArns = [...(this.queues.spot ? [this.queues.spot] : []), this.queues.onDemand]

    const { jobLogGroup: logGroup, definitionPrefix } = this
    const builder = new DataBuilder(this, 'DataBuilder', {
      ...{ config, network, bucket: data.bucket, logGroup, definitionPrefix },
    })
    this.dataQueueArn = builder.queue.attrJobQueueArn

    const roles = new TrainerRoles(this, 'Trainers', config, data.bucket)
    const shared = { jobRole: roles.job, executionRole: roles.execution, logGroup: this.jobLogGroup }
    this.definitions = Object.fromEntries(
      config.trainers.map((trainer) => [
        trainer.name,
        jobDefinition(this, `Definition-${trainer.name}`, {
          ...shared,
          name: `${this.definitionPrefix}${trainer.name}`,
          trainer,
        }),
      ]),
    )
  }
}
