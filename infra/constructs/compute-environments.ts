import { CfnComputeEnvironment } from 'aws-cdk-lib/aws-batch'
import { Construct } from 'constructs'
import type { Config } from '../config.ts'
import { stageTag } from '../stage-tag.ts'
import { instanceProfile } from './instance-profile.ts'
import { launchTemplate } from './launch-template.ts'
import type { Network } from './network.ts'

export interface ComputeEnvironmentsProps {
  config: Config
  network: Network
  jobLogGroupArn: string
}

/** Machines of AWS Batch: spot where the config has it, and on-demand. None runs while no job waits. */
export class ComputeEnvironments extends Construct {
  readonly spot?: CfnComputeEnvironment
  readonly onDemand: CfnComputeEnvironment

  constructor(scope: Construct, id: string, { config, network, jobLogGroupArn }: ComputeEnvironmentsProps) {
    super(scope, id)
    const template = launchTemplate(this, 'LaunchTemplate', config)
    const profile = instanceProfile(this, 'Instance', config, jobLogGroupArn)
    const environment = (name: string, type: 'SPOT' | 'EC2', allocationStrategy: string) =>
      new CfnComputeEnvironment(this, name, {
        type: 'MANAGED',
        state: 'ENABLED',
        // In place: a replaced environment would take its queue's running jobs with it. No service role is named, because only the
        // service-linked one allows this.
        replaceComputeEnvironment: false,
        // A new launch template or image waits for running jobs as long as Batch lets it, six hours. What it ends then, is resumed
        // from its last checkpoint like any other lost host.
        updatePolicy: { terminateJobsOnUpdate: false, jobExecutionTimeoutMinutes: 360 },
        computeResources: {
          type,
          allocationStrategy,
          minvCpus: 0,
          maxvCpus: config.maxVcpus,
          instanceTypes: config.instanceTypes,
          subnets: network.subnets.map(({ subnetId }) => subnetId),
          securityGroupIds: [network.securityGroup.securityGroupId],
          instanceRole: profile.attrArn,
          ec2Configuration: [{ imageType: 'ECS_AL2023_NVIDIA' }],
          updateToLatestImageVersion: true,
          launchTemplate: { launchTemplateId: template.ref, version: template.attrLatestVersionNumber },
          // The tags of the app end at what CloudFormation makes; machines, most of the bill, are made by Batch.
          tags: { Name: `sluice-${config.stage}-trainer`, [stageTag]: config.stage },
        },
      })
    if (config.spot) this.spot = environment('Spot', 'SPOT', 'SPOT_PRICE_CAPACITY_OPTIMIZED')
    this.onDemand = environment('OnDemand', 'EC2', 'BEST_FIT_PROGRESSIVE')
  }
}
