import { type EventBus, type EventPattern, Rule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import type { Trigger } from '../../../functions/manifest.ts'
import { delivery } from './dead-letters.ts'
import { eventSource } from './pipe.ts'

type Subscription = Extract<Trigger, { kind: 'event' | 'aws-event' }>

export interface Sources {
  bus: EventBus
  bucket: Pick<Bucket, 'bucketName'>
  queueArns: readonly string[]
  machineArns: readonly string[]
}

interface Consumer {
  name: string
  trigger: Subscription
  function: IFunction
  deadLetters: Queue
}

/** Brings a consumer its events: business events from the project's bus, those of AWS services from the default one. */
export function addRule(scope: Construct, sources: Sources, consumer: Consumer): Rule {
  const { name, trigger, deadLetters } = consumer
  return new Rule(scope, `rule-${name}`, {
    eventPattern: trigger.kind === 'event' ? businessEvents(trigger.types) : awsEvents(trigger, sources),
    ...(trigger.kind === 'event' && { eventBus: sources.bus }),
    targets: [new LambdaFunction(consumer.function, { ...delivery, deadLetterQueue: deadLetters })],
  })
}

const businessEvents = (types: readonly string[]): EventPattern => ({ source: [eventSource], detailType: [...types] })

// Every pattern names our own resources: the default bus carries the events of the whole account.
function awsEvents(trigger: Extract<Subscription, { kind: 'aws-event' }>, sources: Sources): EventPattern {
  const { source, detailType } = trigger
  return { source: [source], detailType: [detailType], detail: detailOf(trigger, sources) }
}

function detailOf({ source, keys = ['*'] }: Extract<Subscription, { kind: 'aws-event' }>, sources: Sources) {
  switch (source) {
    case 'aws.s3':
      return { bucket: { name: [sources.bucket.bucketName] }, object: { key: keys.map(keyPattern) } }
    case 'aws.batch':
      return { jobQueue: [...sources.queueArns] }
    case 'aws.states':
      // A success is written by the machine's own last state.
      return { stateMachineArn: [...sources.machineArns], status: ['FAILED', 'TIMED_OUT', 'ABORTED'] }
    default:
      return source satisfies never
  }
}

function keyPattern(key: string) {
  return key.indexOf('*') === key.length - 1 ? { prefix: key.slice(0, -1) } : { wildcard: key }
}
