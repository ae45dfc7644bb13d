import { EventBus } from 'aws-cdk-lib/aws-events'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations'
import type { CfnPipe } from 'aws-cdk-lib/aws-pipes'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Duration } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import { type Deployable, manifest } from '../../../functions/manifest.ts'
import type { Config } from '../../config.ts'
import type { ComputeStack } from '../../stacks/compute-stack.ts'
import type { DataStack } from '../../stacks/data-stack.ts'
import { addDeadLetters, delivery } from './dead-letters.ts'
import { addPipe, eventSource } from './pipe.ts'
import { addRule, type Sources } from './rules.ts'
import { addTicks } from './schedules.ts'
import { addUserSchedules } from './user-schedules.ts'

export interface PlumbingParts {
  config: Pick<Config, 'stage' | 'logRetentionDays'>
  data: Pick<DataStack, 'control' | 'bucket'>
  compute: Pick<ComputeStack, 'queueArns'>
  /** By name in the manifest: every one of family `events`. */
  functions: Readonly<Record<string, LambdaFunction>>
  machines: readonly IStateMachine[]
}

export interface Plumbing {
  bus: EventBus
  /** By consumer: a function's name in the manifest, or `pipe`. */
  deadLetters: Record<string, Queue>
  pipe: CfnPipe
}

/** Everything between a fact and its consumer, as the manifest's triggers say: bus, pipe, rules, schedules, and a queue for each failure. */
export function addEventPlumbing(scope: Construct, parts: PlumbingParts): Plumbing {
  const { config, data, compute, machines } = parts
  const { stage, logRetentionDays } = config
  const bus = new EventBus(scope, 'Bus', { eventBusName: `sluice-${stage}` })
  // For a replay once a consumer's bug is mended. Two weeks of a busy project are some megabytes; an empty archive costs nothing.
  bus.archive('Archive', {
    archiveName: `sluice-${stage}`,
    eventPattern: { source: [eventSource] },
    retention: Duration.days(14),
  })
  const pipeLetters = addDeadLetters(scope, stage, 'pipe')
  const pipe = addPipe(scope, { stage, control: data.control, bus, deadLetters: pipeLetters, logRetentionDays })

  const machineArns = machines.map((machine) => machine.stateMachineArn)
  const sources: Sources = { bus, bucket: data.bucket, queueArns: compute.queueArns, machineArns }
  const consumers = manifest
    .filter(({ family }) => family === 'events')
    .map((deployable) => addConsumer(scope, deployable, parts))
  for (const each of consumers) {
    const { trigger } = each
    if (trigger.kind === 'event' || trigger.kind === 'aws-event') addRule(scope, sources, { ...each, trigger })
  }
  const ticks = consumers.flatMap((each) => (each.trigger.kind === 'schedule' ? { ...each, ...each.trigger } : []))
  addTicks(scope, stage, ticks)
  const run = consumers.find(({ name }) => name === 'run-schedule')
  const apply = parts.functions['apply-schedule']
  if (!run || !apply) throw new Error('users keep schedules with the functions apply-schedule and run-schedule')
  addUserSchedules(scope, { stage, apply, run: run.function, deadLetters: run.deadLetters })
  const deadLetters = Object.fromEntries(consumers.map((each) => [each.name, each.deadLetters]))
  return { bus, deadLetters: { ...deadLetters, pipe: pipeLetters }, pipe }
}

// Whatever starts it, Lambda invokes a consumer asynchronously: its error comes back to nobody. So Lambda tries twice more and then
// leaves event and reason in the consumer's queue.
function addConsumer(scope: Construct, { name, trigger }: Deployable, parts: PlumbingParts) {
  const consumer = parts.functions[name]
  if (!consumer) throw new Error(`there is no function ${name}: the plumbing needs every function of family events`)
  const deadLetters = addDeadLetters(scope, parts.config.stage, name)
  consumer.configureAsyncInvoke({
    retryAttempts: 2,
    maxEventAge: delivery.maxEventAge,
    onFailure: new SqsDestination(deadLetters),
  })
  return { name, trigger, function: consumer, deadLetters }
}
