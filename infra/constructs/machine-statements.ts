import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Stack } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import { terminateJobs } from './terminate-jobs.ts'

/** The compute jobs that a machine submits. */
export interface MachineJobs {
  queueArns: readonly string[]
  /** A pattern that covers every revision: `name` and `name:7`. */
  definitions: string
}

/** What a machine does: invoke its steps, run Batch jobs to their end (`.sync`), write its log. */
export function machineStatements(scope: Construct, steps: LambdaFunction[], jobs: MachineJobs): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: ['lambda:InvokeFunction'],
      resources: steps.map(({ functionArn }) => functionArn),
    }),
    ...batchStatements(scope, jobs),
    // Log deliveries know no resources: `*` is the only form.
    new PolicyStatement({
      actions: [
        'logs:CreateLogDelivery',
        'logs:DeleteLogDelivery',
        'logs:DescribeLogGroups',
        'logs:DescribeResourcePolicies',
        'logs:GetLogDelivery',
        'logs:ListLogDeliveries',
        'logs:PutResourcePolicy',
        'logs:UpdateLogDelivery',
      ],
      resources: ['*'],
    }),
  ]
}

function batchStatements(scope: Construct, { queueArns, definitions }: MachineJobs): PolicyStatement[] {
  const stack = Stack.of(scope)
  const batch = (resource: string, resourceName: string) =>
    stack.formatArn({ service: 'batch', resource, resourceName })
  return [
    new PolicyStatement({
      actions: ['batch:SubmitJob'],
      resources: [...queueArns, batch('job-definition', definitions)],
    }),
    // Without it a stopped execution leaves its GPU running.
    terminateJobs(scope),
    // For the tag of each submit.
    new PolicyStatement({ actions: ['batch:TagResource'], resources: [batch('job', '*')] }),
    // Batch knows no resources for reading: `*` is the only form.
    new PolicyStatement({ actions: ['batch:DescribeJobs'], resources: ['*'] }),
    // How Step Functions learns that a job has ended: a rule that it makes itself, under this name.
    new PolicyStatement({
      actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
      resources: [
        stack.formatArn({
          service: 'events',
          resource: 'rule',
          resourceName: 'StepFunctionsGetEventsForBatchJobsRule',
        }),
      ],
    }),
  ]
}
