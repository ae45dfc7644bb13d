import { expect, it } from 'vitest'
import { Fault } from '../../core/platform/fault.ts'
import { createLog } from '../../functions/lambda/log.ts'
import { createCount } from '../../functions/lambda/metrics.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const clock = createVirtualClock()

function logged(use: (write: (line: string) => void) => void): Record<string, unknown> {
  const lines: string[] = []
  use((line) => lines.push(line))
  expect(lines).toHaveLength(1)
  expect(lines[0]).not.toContain('\n')
  return JSON.parse(lines[0] ?? '')
}

it('an error is logged with its breaches, its causes and the errors it gathers', () => {
  const breach = { pointer: '/a', code: 'bad', message: 'is bad', remedy: 'Make it good.' }
  const cause = new AggregateError([new TypeError('one'), 'two'], 'both')
  const error = new Fault('invalid', 'line 1\nline 2', { errors: [breach], cause })
  const line = logged((write) => createLog(write, clock, { function: 'f' }).error('failed', { error, job: 'job-1' }))
  expect(line).toMatchObject({
    level: 'ERROR',
    timestamp: clock.now().toISOString(),
    message: 'failed',
    function: 'f',
    job: 'job-1',
    error: {
      name: 'invalid',
      message: 'line 1\nline 2',
      stack: expect.stringContaining('log.test.ts'),
      breaches: [breach],
      cause: { name: 'AggregateError', errors: [{ name: 'TypeError', message: 'one' }, 'two'] },
    },
  })
})

it('an error that is its own cause is logged all the same', () => {
  const error = new Error('round')
  error.cause = error
  expect(logged((write) => createLog(write, clock, {}).error('failed', { error }))).toMatchObject({
    error: { message: 'round' },
  })
})

it('a count is a metric of CloudWatch`s embedded format, with stage and function as its only dimensions', () => {
  const dimensions = { stage: 'dev', function: 'record-event' }
  expect(logged((write) => createCount(write, clock, dimensions)('job_failed'))).toEqual({
    _aws: {
      Timestamp: clock.now().getTime(),
      CloudWatchMetrics: [
        {
          Namespace: 'Sluice',
          Dimensions: [['stage', 'function']],
          Metrics: [{ Name: 'job_failed', Unit: 'Count' }],
        },
      ],
    },
    ...dimensions,
    job_failed: 1,
  })
})

it("keeps its level in Lambda's JSON format, which reads `level` and an RFC 3339 `timestamp`; a metric, with neither, counts as INFO", () => {
  const info = logged((write) => createLog(write, clock, {}).info('done'))
  const error = logged((write) => createLog(write, clock, {}).error('failed'))
  for (const { timestamp } of [info, error]) expect(new Date(String(timestamp)).toISOString()).toBe(timestamp)
  const metric = logged((write) => createCount(write, clock, { stage: 's', function: 'f' })('fault_busy'))
  expect([info.level, error.level, metric.level]).toEqual(['INFO', 'ERROR', undefined])
})
