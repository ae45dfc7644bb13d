import { type CfnComputeEnvironment, CfnJobQueue, type CfnSchedulingPolicy } from 'aws-cdk-lib/aws-batch'
import type { Construct } from 'constructs'
import type { Config } from '../config.ts'

/** Why Batch knows a job to be stuck, of those on which it can act. Jobs that merely wait their turn are not stuck. */
const stuckReasons = [
  'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
  'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE',
  'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
  'MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED',
]

export interface JobQueueProps {
  config: Config
  capacity: 'spot' | 'on-demand' | 'data'
  environment: CfnComputeEnvironment
  /** Without it jobs start in the order of their submission. */
  policy?: CfnSchedulingPolicy
}

/** One queue before one environment: falling back from spot to on-demand is a decision of the state machine, never of a queue. */
export function jobQueue(scope: Construct, id: string, props: JobQueueProps): CfnJobQueue {
  return new CfnJobQueue(scope, id, {
    jobQueueName: `sluice-${props.config.stage}-${props.capacity}`,
    priority: 1,
    state: 'ENABLED',
    ...(props.policy && { schedulingPolicyArn: props.policy.attrArn }),
    computeEnvironmentOrder: [{ order: 1, computeEnvironment: props.environment.attrComputeEnvironmentArn }],
    // A stuck job blocks everyone behind it, and would wait for ever.
    jobStateTimeLimitActions: stuckReasons.map((reason) => ({
      reason,
      state: 'RUNNABLE',
      action: 'CANCEL',
      maxTimeSeconds: props.config.queueWaitMinutes * 60,
    })),
  })
}
