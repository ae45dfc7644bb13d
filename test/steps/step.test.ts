import { describe, expect, it } from 'vitest'
import { conclude, exitOf } from '../../functions/steps/step.ts'

describe('the exit of a compute job', () => {
  it.each<[string, Parameters<typeof exitOf>[0], ReturnType<typeof exitOf>]>([
    ['that succeeded', { succeeded: true }, { code: 0, reason: '' }],
    [
      'that failed, from the detail of Batch',
      failed({ StatusReason: 'Essential container in task exited', Container: { ExitCode: 70 } }),
      { code: 70, reason: 'Essential container in task exited' },
    ],
    [
      'whose container never ran',
      failed({ Container: { Reason: 'CannotPullContainerError: x' } }),
      { code: null, reason: 'CannotPullContainerError: x' },
    ],
    [
      'that may have been taken',
      { error: 'Batch.ServerException', cause: 'Service Unavailable' },
      { code: null, reason: 'Batch.ServerException: Service Unavailable' },
    ],
    [
      'whose detail was cut off',
      { error: 'States.TaskFailed', cause: '{"Container":{"ExitCode":7' },
      { code: null, reason: 'the detail of the failed job cannot be read: {"Container":{"ExitCode":7' },
    ],
  ])('%s', (_, outcome, exit) => {
    expect(exitOf(outcome)).toEqual(exit)
  })
})

describe('a conclusion', () => {
  it('that is done lets the machine go on', () => {
    expect(conclude('attempt', { decision: 'done' })).toEqual({ decision: 'done' })
  })

  it.each([
    ['attempt', { decision: 'retry' }, 'attempt_retry', 'another attempt follows'],
    ['generation', { decision: 'retry' }, 'generation_retry', 'another attempt follows'],
    ['attempt', { decision: 'fail', reason: 'diverged' }, 'stage_failed', 'diverged'],
    ['generation', { decision: 'fail', reason: 'no words' }, 'evaluation_failed', 'no words'],
  ] as const)('of a %s, %j, leaves as the error %s', (kind, conclusion, name, message) => {
    expect(() => conclude(kind, conclusion)).toThrow(expect.objectContaining({ name, message }))
  })
})

function failed(detail: object) {
  return { error: 'States.TaskFailed', cause: JSON.stringify(detail) }
}
