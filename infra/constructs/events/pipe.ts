import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { EventBus } from 'aws-cdk-lib/aws-events'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { CfnPipe } from 'aws-cdk-lib/aws-pipes'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { RemovalPolicy, Stack } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import { delivery } from './dead-letters.ts'

interface Parts {
  stage: string
  control: TableV2
  bus: EventBus
  deadLetters: Queue
  logRetentionDays: number
}

/** What the events of the project's bus say about where they come from. */
export const eventSource = 'sluice'

export const pipeName = (stage: string) => `sluice-${stage}-events`

// Removals, TTL's among them, have no new image; a write without an event has no attribute `event`.
const filter = {
  eventName: ['INSERT', 'MODIFY'],
  dynamodb: { NewImage: { event: { M: { type: { S: [{ exists: true }] } } } } },
}

const field = (name: string) => `$.dynamodb.NewImage.event.M.${name}.S`
const fields = ['id', 'type', 'time', 'subject', 'data']

// No quotes around a placeholder: the pipe adds them to a string, and escapes what is in it, to keep the result valid JSON. Within
// quotes it would put the JSON text of `data` as it is and break the event.
const template = `{${fields.map((name) => `"${name}": <${field(name)}>`).join(', ')}}`

/** Publishes the event of every write to table `control`. A write's event cannot be lost before it is in the stream, for 24 hours. */
export function addPipe(scope: Construct, { stage, control, bus, deadLetters, logRetentionDays }: Parts): CfnPipe {
  const stream = control.tableStreamArn
  if (stream === undefined) throw new Error('table control has no stream: the pipe reads its new images')
  const account = { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } }
  const role = new Role(scope, 'PipeRole', {
    assumedBy: new ServicePrincipal('pipes.amazonaws.com', { conditions: account }),
  })
  const read = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams']
  role.addToPolicy(new PolicyStatement({ actions: read.map((each) => `dynamodb:${each}`), resources: [stream] }))
  role.addToPolicy(new PolicyStatement({ actions: ['events:PutEvents'], resources: [bus.eventBusArn] }))
  role.addToPolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }))
  const log = new LogGroup(scope, 'PipeLog', {
    logGroupName: `/aws/vendedlogs/pipes/${pipeName(stage)}`,
    retention: logRetentionDays,
    removalPolicy: RemovalPolicy.DESTROY,
  })
  log.grantWrite(role)

  const pipe = new CfnPipe(scope, 'Pipe', {
    name: pipeName(stage),
    roleArn: role.roleArn,
    source: stream,
    sourceParameters: {
      filterCriteria: { filters: [{ pattern: JSON.stringify(filter) }] },
      dynamoDbStreamParameters: {
        // From the stream's start: LATEST would miss what is written while the pipe is being created. Consumers know repeats.
        startingPosition: 'TRIM_HORIZON',
        // PutEvents takes ten events. No window: a batch that waits to fill delays the start of a job and saves nothing.
        batchSize: 10,
        maximumBatchingWindowInSeconds: 0,
        // One bad record would hold up its shard, and with it other jobs: halve the batch until it is alone, then give it up.
        // What is given up in a long outage is found by the reconciler.
        onPartialBatchItemFailure: 'AUTOMATIC_BISECT',
        maximumRetryAttempts: delivery.retryAttempts,
        maximumRecordAgeInSeconds: delivery.maxEventAge.toSeconds(),
        deadLetterConfig: { arn: deadLetters.queueArn },
      },
    },
    target: bus.eventBusArn,
    targetParameters: {
      eventBridgeEventBusParameters: { source: eventSource, detailType: field('type') },
      inputTemplate: template,
    },
    // The dead letter of a stream names a shard and a position but no reason: only the log has that.
    logConfiguration: { level: 'ERROR', cloudwatchLogsLogDestination: { logGroupArn: log.logGroupArn } },
  })
  // The pipe reads at once, so its role must already be allowed to.
  pipe.node.addDependency(role)
  return pipe
}
