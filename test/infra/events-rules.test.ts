import { describe, expect, it } from 'vitest'
import { manifest } from '../../functions/manifest.ts'
import { awsEvents } from '../../schemas/aws-events.ts'
import { businessEvent, executionStatus, jobStateChange, objectCreated, queueBlocked } from './support/aws-samples.ts'
import { matches } from './support/event-pattern.ts'
import { render } from './support/render.ts'
import { ofType, synth } from './support/synth.ts'

interface Rule {
  EventBusName?: unknown
  EventPattern: { detail?: Record<string, string[]> }
  Targets: { Arn: unknown }[]
}

const template = synth('dev').templates.pipeline ?? { Resources: {} }
const functionNames = new Map(
  ofType(template, 'AWS::Lambda::Function').map(([id, { Environment }]) => [id, Environment]),
)
const rules = ofType(template, 'AWS::Events::Rule').map(([, properties]) => {
  const rule = filled(properties) as Rule
  const [target] = (properties as unknown as { Targets: [{ Arn: { 'Fn::GetAtt': [string] } }] }).Targets
  const variables = functionNames.get(target.Arn['Fn::GetAtt'][0]) as { Variables: { SLUICE_FUNCTION: string } }
  return { consumer: variables.Variables.SLUICE_FUNCTION, bus: rule.EventBusName, pattern: rule.EventPattern }
})

/** With what CloudFormation puts in as text. */
function filled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filled)
  if (typeof value !== 'object' || value === null) return value
  const isToken = Object.keys(value).some((key) => key === 'Ref' || key.startsWith('Fn::'))
  return isToken ? render(value) : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner)]))
}

const onDefaultBus = (event: object) => consumersOf(event, false)
const onProjectBus = (event: object) => consumersOf(event, true)

function consumersOf(event: object, isProject: boolean): string[] {
  const there = rules.filter(({ bus }) => (bus !== undefined) === isProject)
  return there.filter(({ pattern }) => matches(pattern, event)).map(({ consumer }) => consumer)
}

function named(consumer: string, field: string): string[] {
  return rules.find((rule) => rule.consumer === consumer)?.pattern.detail?.[field] ?? []
}

const [spotQueue = '', onDemandQueue = ''] = named('compute-changed', 'jobQueue')
const [machine = ''] = named('execution-ended', 'stateMachineArn')

it('every subscription of the manifest has its rule, and no rule is without one', () => {
  const subscribed = manifest.filter(({ trigger }) => trigger.kind === 'event' || trigger.kind === 'aws-event')
  expect(rules.map(({ consumer }) => consumer)).toEqual(subscribed.map(({ name }) => name))
})

describe('the samples', () => {
  it.each([
    objectCreated('drops/support/2026.jsonl'),
    jobStateChange('q'),
    queueBlocked('q'),
    executionStatus('m', 'FAILED'),
  ])('$detail-type is as consumers read it', (sample) => {
    expect(() => awsEvents[sample['detail-type'] as keyof typeof awsEvents].parse(sample)).not.toThrow()
  })
})

describe('business events', () => {
  it.each(
    manifest.flatMap(({ name, trigger }) =>
      trigger.kind === 'event' ? trigger.types.map((type) => [type, name]) : [],
    ),
  )('%s reaches %s on the project bus only', (type, name) => {
    expect(onProjectBus(businessEvent(type))).toContain(name)
    expect(onDefaultBus(businessEvent(type))).toEqual([])
  })

  it('tell of a finding who keeps the history and who stops the trainer', () => {
    expect(onProjectBus(businessEvent('job.anomaly.v1'))).toEqual(['stop-job', 'record-event'])
  })

  it('of another source, or of a type that nobody wants, reach nobody', () => {
    expect(onProjectBus(businessEvent('job.submitted.v1', 'somebody'))).toEqual([])
    expect(onProjectBus(businessEvent('job.submitted.v2'))).toEqual([])
  })
})

describe('objects', () => {
  it('a drop reaches its intake, a segment the metrics', () => {
    expect(onDefaultBus(objectCreated('drops/support/2026.jsonl'))).toEqual(['intake-drop'])
    const segment = 'jobs/job-1/stages/0-sft/attempts/1/metrics/000001.jsonl'
    expect(onDefaultBus(objectCreated(segment))).toEqual(['ingest-metrics'])
  })

  it.each([
    'jobs/job-1/spec.json',
    'jobs/job-1/stages/0-sft/attempts/1/logs/000001.log',
    'jobs/job-1/stages/0-sft/attempts/1/metrics/000001.jsonl.tmp',
    'datasets/support/drops/data-1.jsonl',
    'uploads/drops/x',
    'drops-of-last-year/support/2026.jsonl',
    'jobs-old/job-1/stages/0-sft/attempts/1/metrics/000001.jsonl',
  ])('%s wakes nobody', (key) => {
    expect(onDefaultBus(objectCreated(key))).toEqual([])
  })

  it("of somebody else's bucket wake nobody", () => {
    expect(onDefaultBus(objectCreated('drops/support/2026.jsonl', 'another-bucket'))).toEqual([])
  })
})

describe('compute jobs and executions', () => {
  it('are those of our queues and our machines, each of them and no more', () => {
    const queues = synth('dev').stacks.compute.queueArns.length
    for (const consumer of ['compute-changed', 'queue-blocked'])
      expect(named(consumer, 'jobQueue')).toEqual(['{SpotQueueJobQueueArn}', '{OnDemandQueueJobQueueArn}'])
    expect(queues).toBe(2)
    const machines = ofType(template, 'AWS::StepFunctions::StateMachine').map(([id]) => `{${id}.Arn}`)
    expect(named('execution-ended', 'stateMachineArn')).toEqual(machines)
  })

  it.each([spotQueue, onDemandQueue])('of queue %s reach their consumer', (queue) => {
    expect(queue).not.toBe('')
    expect(onDefaultBus(jobStateChange(queue))).toEqual(['compute-changed'])
    expect(onDefaultBus(queueBlocked(queue))).toEqual(['queue-blocked'])
  })

  it('of other queues of the account reach nobody', () => {
    const other = 'arn:aws:batch:us-east-1:123456789012:job-queue/other'
    expect([...onDefaultBus(jobStateChange(other)), ...onDefaultBus(queueBlocked(other))]).toEqual([])
  })

  it('an execution that broke reaches its consumer; one that runs or succeeded does not', () => {
    for (const status of ['FAILED', 'TIMED_OUT', 'ABORTED'])
      expect(onDefaultBus(executionStatus(machine, status))).toEqual(['execution-ended'])
    for (const status of ['RUNNING', 'SUCCEEDED']) expect(onDefaultBus(executionStatus(machine, status))).toEqual([])
    expect(onDefaultBus(executionStatus('arn:aws:states:us-east-1:123456789012:stateMachine:other', 'FAILED'))).toEqual(
      [],
    )
  })
})

describe('the matcher of these tests', () => {
  it.each([
    [{ a: ['x'] }, { a: 'x' }, true],
    [{ a: ['x', 'y'] }, { a: 'z' }, false],
    [{ a: { b: [{ prefix: 'p/' }] } }, { a: { b: 'p/q' } }, true],
    [{ a: [{ wildcard: 'jobs/*/m/*.jsonl' }] }, { a: 'jobs/1/2/m/3.jsonl' }, true],
    [{ a: [{ wildcard: 'jobs/*/m/*.jsonl' }] }, { a: 'jobs/m/3.jsonl' }, false],
    [{ a: [{ exists: false }] }, {}, true],
    [{ a: [{ exists: true }] }, {}, false],
    [{ a: ['x'] }, { a: ['y', 'x'] }, true],
    [{ a: ['x'], b: ['y'] }, { a: 'x' }, false],
  ])('%j and %j: %s', (pattern, event, expected) => {
    expect(matches(pattern, event)).toBe(expected)
  })

  it('knows its limits', () => {
    expect(() => matches({ a: [{ suffix: 'x' }] }, { a: 'x' })).toThrow('unknown matcher suffix')
  })
})
