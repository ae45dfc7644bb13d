import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Duration } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'

/** How long a delivery is tried again before it becomes a dead letter: longer than most outages, shorter than a working day. */
export const delivery = { retryAttempts: 20, maxEventAge: Duration.hours(6) }

/** The queue of what one consumer could not take, named `sluice-STAGE-CONSUMER-dead-letters`. Kept 14 days, the most that SQS allows. */
export function addDeadLetters(scope: Construct, stage: string, consumer: string): Queue {
  return new Queue(scope, `dead-letters-${consumer}`, {
    queueName: `sluice-${stage}-${consumer}-dead-letters`,
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  })
}
