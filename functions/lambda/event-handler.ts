import type { BusinessEvent } from '../../core/platform/business-events.ts'
import { Fault } from '../../core/platform/fault.ts'
import type { Platform } from '../../core/platform/ports.ts'
import {
  BatchJobStateChange,
  BatchQueueBlocked,
  BusEvent,
  ExecutionStatusChange,
  ObjectCreated,
} from '../../schemas/aws-events.ts'
import { Tick } from '../../schemas/schedule.ts'
import {
  computeConsumers,
  executionConsumers,
  objectConsumers,
  scheduled,
  subscribers,
  timerConsumers,
} from '../events/consumers.ts'
import { type Deployable, deployable, type Trigger } from '../manifest.ts'
import { restrictTo } from '../restrict-platform.ts'
import { createInvoker, type Entry, type Invocation, type LambdaContext } from './invocation.ts'
import { jobMetric } from './metrics.ts'
import { parseEvent } from './parse-event.ts'

type Consume = (platform: Platform, event: unknown, invocation: Invocation) => Promise<void>

/**
 * The consumer `entry.name`. Fault `internal` when there is none. An event that is not as its schema says throws Fault `invalid`
 * before anything is written.
 */
export function createEventHandler(entry: Entry): (event: unknown, context: LambdaContext) => Promise<void> {
  const consumer = deployable(entry.name)
  const platform = restrictTo(entry.platform, consumer)
  const consume = consumerOf(consumer)
  const invoke = createInvoker({ ...entry, isQuiet: consumer.isQuiet ?? false })
  // Lambda's own metrics say how many were consumed and how many failed, for nothing; each of ours would be billed.
  return (event, context) => invoke(context, (invocation) => consume(platform, event, invocation))
}

function consumerOf({ name, trigger }: Deployable): Consume {
  switch (trigger.kind) {
    case 'event': {
      const consume = named(subscribers, name)
      return async (platform, event, { note, count }) => {
        const business = businessEvent(event, trigger.types)
        note({ event: business.id, subject: business.subject })
        await consume(platform, business)
        // One consumer counts the ends of jobs, or they would be counted as often as they have consumers.
        const metric = name === 'record-event' ? jobMetric(business) : undefined
        if (metric) count(metric)
      }
    }
    case 'aws-event':
      return awsConsumer(name, trigger)
    case 'timer': {
      const consume = named(timerConsumers, name)
      return async (platform, event, { note }) => {
        const tick = parseEvent(Tick, event, `tick for ${name}`)
        note(tick)
        await consume(platform, tick)
      }
    }
    case 'schedule': {
      const run = named(scheduled, name)
      return (platform) => run(platform)
    }
    default:
      throw new Fault('internal', `"${name}" consumes no events: see SLUICE_FUNCTION`)
  }
}

/** Every event of an AWS service is a hint about one thing, by its name: the consumer looks at the thing itself. */
const awsHints: Record<string, Hint> = {
  'Object Created': {
    consumers: objectConsumers,
    of: (event, what) => parseEvent(ObjectCreated, event, what).detail.object.key,
  },
  'Batch Job State Change': {
    consumers: computeConsumers,
    of: (event, what) => parseEvent(BatchJobStateChange, event, what).detail.jobName,
  },
  'Batch Job Queue Blocked': {
    consumers: computeConsumers,
    of: (event, what) => parseEvent(BatchQueueBlocked, event, what).detail.jobName,
  },
  'Step Functions Execution Status Change': {
    consumers: executionConsumers,
    of: (event, what) => parseEvent(ExecutionStatusChange, event, what).detail.name,
  },
}

interface Hint {
  consumers: Record<string, (platform: Platform, subject: string) => Promise<unknown>>
  of: (event: unknown, what: string) => string
}

function awsConsumer(name: string, { detailType }: Extract<Trigger, { kind: 'aws-event' }>): Consume {
  const hint = awsHints[detailType]
  if (!hint) throw new Fault('internal', `${name} waits for "${detailType}", which no schema describes`)
  const consume = named(hint.consumers, name)
  return async (platform, event, { note }) => {
    const subject = hint.of(event, `event for ${name}`)
    note({ subject })
    await consume(platform, subject)
  }
}

function named<Consumer>(consumers: Record<string, Consumer>, name: string): Consumer {
  const consumer = consumers[name]
  if (consumer) return consumer
  throw new Fault(
    'internal',
    `functions/events/consumers.ts has no "${name}" among ${Object.keys(consumers).join(', ')}`,
  )
}

function businessEvent(event: unknown, types: readonly string[]): BusinessEvent {
  const { detail } = parseEvent(BusEvent, withTextData(event), 'event of the bus')
  if (types.includes(detail.type)) return detail as BusinessEvent
  throw new Fault('invalid', `event ${detail.id} is a ${detail.type}; this consumer takes ${types.join(', ')}`)
}

// AWS documents of a pipe's template only that it "ensures valid JSON": a text that is JSON itself may arrive as text or as an object.
function withTextData(event: unknown): unknown {
  const { detail } = Object(event) as { detail?: { data?: unknown } }
  if (typeof detail?.data !== 'object') return event
  return { ...Object(event), detail: { ...detail, data: JSON.stringify(detail.data) } }
}
