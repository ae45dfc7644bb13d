import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Stack } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'

/** Every submit of the state machines carries it. */
export const jobTag = 'sluice:job'

/** The right to end compute jobs. A job's ARN carries a random id, neither its queue nor its name: the tag keeps other people's jobs out. */
export function terminateJobs(scope: Construct): PolicyStatement {
  return new PolicyStatement({
    actions: ['batch:TerminateJob'],
    resources: [Stack.of(scope).formatArn({ service: 'batch', resource: 'job', resourceName: '*' })],
    conditions: { Null: { [`aws:ResourceTag/${jobTag}`]: 'false' } },
  })
}
