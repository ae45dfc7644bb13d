import { PolicyDocument, type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import { Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { Config } from '../config.ts'
import { blobStatements } from './blob-statements.ts'
import { pullStatements } from './image-pull.ts'

const tasks = new ServicePrincipal('ecs-tasks.amazonaws.com')

/** `job`: what trainer code may do. `execution`: what ECS does on its behalf before it starts. */
export class TrainerRoles extends Construct {
  readonly job: Role
  readonly execution: Role

  constructor(scope: Construct, id: string, config: Config, bucket: Bucket) {
    super(scope, id)
    this.job = new Role(this, 'Job', {
      assumedBy: tasks,
      inlinePolicies: {
        blobs: new PolicyDocument({
          statements: blobStatements(bucket, {
            read: ['datasets/*', 'jobs/*', 'evaluations/*', 'models/*', 'base-models/*'],
            // One role serves all jobs: the ticket and the folder of the spec, not IAM, keep a trainer out of another job.
            write: ['jobs/*', 'evaluations/*'],
          }),
        }),
      },
    })
    const pull: PolicyStatement[] = pullStatements(Stack.of(this), config.trainers)
    this.execution = new Role(this, 'Execution', {
      assumedBy: tasks,
      ...(pull.length > 0 && { inlinePolicies: { pull: new PolicyDocument({ statements: pull }) } }),
    })
  }
}
