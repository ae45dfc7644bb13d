import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { toStored } from '../../adapters/aws/table-item.ts'
import type { JsonObject } from '../../core/platform/ports.ts'
import { BusEvent } from '../../schemas/aws-events.ts'
import { matches } from './support/event-pattern.ts'
import { transform } from './support/input-template.ts'
import { ofType, synth } from './support/synth.ts'

const template = synth('dev').templates.pipeline ?? { Resources: {} }
const pipe = ofType(template, 'AWS::Pipes::Pipe')[0]?.[1] as unknown as Pipe
const source = pipe.SourceParameters
const { InputTemplate, EventBridgeEventBusParameters: target } = pipe.TargetParameters

interface Pipe {
  SourceParameters: {
    FilterCriteria: { Filters: [{ Pattern: string }] }
    DynamoDBStreamParameters: Record<string, unknown>
  }
  TargetParameters: { InputTemplate: string; EventBridgeEventBusParameters: { Source: string; DetailType: string } }
}

const event = (data: JsonObject = { run: 1 }) => ({
  id: 'job-1#3',
  type: 'job.submitted.v1' as const,
  time: '2026-11-12T00:00:00Z',
  subject: 'job-1',
  data,
})
const draft = { pk: 'JOB#1', sk: 'META', data: { status: 'submitted' } }
const record = (eventName: string, written?: ReturnType<typeof event>) => ({
  eventID: '7de3041dd709b024af6f29e4fa13d34c',
  eventName,
  eventSource: 'aws:dynamodb',
  dynamodb: {
    Keys: { pk: { S: 'JOB#1' }, sk: { S: 'META' } },
    ...(eventName !== 'REMOVE' && { NewImage: toStored(draft, 'token', written) }),
  },
})
const passes = (each: object) => matches(JSON.parse(source.FilterCriteria.Filters[0].Pattern), each)

it('every write with an event passes the filter', () => {
  expect(passes(record('INSERT', event()))).toBe(true)
  expect(passes(record('MODIFY', event()))).toBe(true)
})

it('writes without an event and removals, of which TTL makes many, are neither passed on nor paid for', () => {
  expect(passes(record('INSERT'))).toBe(false)
  expect(passes(record('MODIFY'))).toBe(false)
  expect(passes(record('REMOVE'))).toBe(false)
})

const published = (data: JsonObject) => {
  const detail = JSON.parse(transform(InputTemplate, record('INSERT', event(data))))
  return BusEvent.parse({
    id: '1',
    account: '111122223333',
    region: 'us-east-1',
    time: '2026-11-12T00:00:00Z',
    source: target.Source,
    'detail-type': 'job.submitted.v1',
    detail,
  }).detail
}

it('what the table driver stores is what a consumer reads, whatever the data', () => {
  expect(published({ run: 1 })).toEqual(event())
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (dictionary) => {
      const text = JSON.stringify(dictionary)
      fc.pre(!text.includes('"__proto__"'))
      const data = JSON.parse(text) as JsonObject
      expect(published(data)).toEqual(event(data))
    }),
  )
})

it('but the one name that could change an object, which no event has, is left out', () => {
  const data = JSON.parse('{"run":1,"__proto__":{"admin":true}}') as JsonObject
  expect(published(data)).toEqual(event({ run: 1 }))
})

it('a placeholder within quotes would break the event: text is put there as it is', () => {
  const quoted = InputTemplate.replaceAll(/<[^>]+>/g, '"$&"')
  expect(() => JSON.parse(transform(quoted, record('INSERT', event())))).toThrow(SyntaxError)
})

it('the type of the event is its detail type, by which rules pick it', () => {
  expect(target).toEqual({ Source: 'sluice', DetailType: '$.dynamodb.NewImage.event.M.type.S' })
})

it('begins at the oldest record, waits for no batch to fill, and gives a bad record up alone', () => {
  expect(source.DynamoDBStreamParameters).toMatchObject({
    StartingPosition: 'TRIM_HORIZON',
    BatchSize: 10,
    MaximumBatchingWindowInSeconds: 0,
    OnPartialBatchItemFailure: 'AUTOMATIC_BISECT',
    MaximumRetryAttempts: 20,
    MaximumRecordAgeInSeconds: 6 * 3600,
    DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringMatching(/^deadletterspipe/), 'Arn'] } },
  })
})

it('logs what failed and why, for as long as other logs are kept', () => {
  expect(pipe).toMatchObject({ LogConfiguration: { Level: 'ERROR' } })
  const logs = ofType(template, 'AWS::Logs::LogGroup').map(([, group]) => group)
  expect(logs).toContainEqual(
    expect.objectContaining({ LogGroupName: '/aws/vendedlogs/pipes/sluice-dev-events', RetentionInDays: 30 }),
  )
})
