import { CfnJobDefinition } from 'aws-cdk-lib/aws-batch'
import type { Role } from 'aws-cdk-lib/aws-iam'
import type { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Stack } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { Trainer } from '../config.ts'

export interface JobDefinitionProps {
  name: string
  trainer: Trainer
  jobRole: Role
  executionRole: Role
  logGroup: LogGroup
}

/**
 * One attempt is one compute job: Batch repeats only what failed before the trainer started. Every other exit is decided by the table
 * of exit rules. The first match wins, no match would mean RETRY, and a pattern may only end with `*`.
 */
const retryStrategy = {
  attempts: 3,
  evaluateOnExit: [
    { onReason: 'CannotPullContainerError*', action: 'RETRY' },
    { onReason: 'DockerTimeoutError*', action: 'RETRY' },
    { onReason: '*', action: 'EXIT' },
    // A reclaimed host ends a job before any container had a reason; whether `*` matches none, AWS does not say.
    { onStatusReason: '*', action: 'EXIT' },
  ],
}

/** Where trainers keep shared memory when the config does not say: /dev/shm of Docker has 64 MiB, which ends PyTorch's data loaders. */
const sharedMemoryShare = 0.5

/** A trainer of the config as an AWS Batch job definition. The launch overrides time limit and environment. */
export function jobDefinition(scope: Construct, id: string, props: JobDefinitionProps): CfnJobDefinition {
  const { trainer, logGroup } = props
  return new CfnJobDefinition(scope, id, {
    jobDefinitionName: props.name,
    type: 'container',
    platformCapabilities: ['EC2'],
    // A queue with shares refuses a job without one. All are equal: first come, first served within a share.
    schedulingPriority: 1,
    retryStrategy,
    // There is no default at all: a job without one may run for ever. Every launch sets its own.
    timeout: { attemptDurationSeconds: 86_400 },
    propagateTags: true,
    tags: {
      'sluice:trainer': trainer.name,
      ...(trainer.gpuMemoryGb !== undefined && { 'sluice:gpu-memory-gb': String(trainer.gpuMemoryGb) }),
      ...(trainer.usdPerHour !== undefined && { 'sluice:usd-per-hour': String(trainer.usdPerHour) }),
    },
    containerProperties: {
      image: trainer.image,
      jobRoleArn: props.jobRole.roleArn,
      executionRoleArn: props.executionRole.roleArn,
      privileged: false,
      resourceRequirements: [
        { type: 'VCPU', value: String(trainer.vcpus) },
        { type: 'MEMORY', value: String(trainer.memoryMib) },
        ...(trainer.gpus > 0 ? [{ type: 'GPU', value: String(trainer.gpus) }] : []),
      ],
      linuxParameters: {
        // Reaps the trainer's workers and hands SIGTERM on to it.
        initProcessEnabled: true,
        sharedMemorySize: trainer.sharedMemoryMib ?? Math.floor(trainer.memoryMib * sharedMemoryShare),
      },
      logConfiguration: {
        logDriver: 'awslogs',
        options: {
          'awslogs-group': logGroup.logGroupName,
          'awslogs-region': Stack.of(scope).region,
          'awslogs-stream-prefix': trainer.name,
        },
      },
    },
  })
}
