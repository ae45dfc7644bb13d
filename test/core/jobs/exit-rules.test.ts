import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decideRetry, type Exit, endedBy, exitRules } from '../../../core/jobs/exit-rules.ts'
import type { Capacity } from '../../../schemas/steps.ts'

const first = { attempts: 1, maxAttempts: 5, progressed: false, repeated: false, capacity: 'spot' as Capacity }
const decide = (exit: Exit, change: Partial<typeof first> = {}) => decideRetry({ exit, ...first, ...change })

describe('an exit', () => {
  it.each<[number | null, string, boolean, string]>([
    [null, 'Host EC2 (instance i-0abc) terminated.', true, 'the host was reclaimed'],
    [137, 'Host EC2 (instance i-0abc) terminated.', true, 'the host was reclaimed'],
    [
      null,
      'Batch.ServerException: 503',
      true,
      'the compute service did not say whether it took the job (Batch.ServerException: 503)',
    ],
    [
      null,
      'Batch.AWSBatchException: 500',
      true,
      'the compute service did not say whether it took the job (Batch.AWSBatchException: 500)',
    ],
    [null, 'Batch.ClientException: no such queue', false, 'exit code unknown (Batch.ClientException: no such queue)'],
    [null, 'Host process lost', true, 'the process vanished with its host'],
    [null, 'CannotPullContainerError: pull access denied', true, 'the image could not be pulled'],
    [null, 'DockerTimeoutError: could not start', true, 'the container could not be started'],
    [null, 'Job attempt duration exceeded timeout', false, 'the attempt ran into its time limit'],
    [143, 'Job attempt duration exceeded timeout', false, 'the attempt ran into its time limit'],
    [null, 'the job was cancelled', true, 'stopped together with another job or branch'],
    [137, 'Another branch of the state failed.', true, 'stopped together with another job or branch'],
    [
      1,
      'The Task state in AWS Step Functions execution [arn:aws:states:eu-west-1:1:execution:m:e] which was managing this resource was aborted',
      true,
      'stopped together with another job or branch',
    ],
    [75, 'Essential container in task exited', true, 'pre-empted after a checkpoint'],
    [64, 'Essential container in task exited', false, 'fenced off: another process holds this attempt'],
    [65, 'Essential container in task exited', false, 'bad data or configuration'],
    [70, 'Essential container in task exited', false, 'the training diverged'],
    [143, '', true, 'terminated by the platform'],
    [137, 'OutOfMemoryError: Container killed due to memory usage', true, 'killed: out of memory, or SIGKILL'],
    [1, 'Essential container in task exited', false, 'exit code 1 (Essential container in task exited)'],
    [1, '', false, 'exit code 1'],
    [null, '', false, 'exit code unknown'],
    [null, 'Something new', false, 'exit code unknown (Something new)'],
  ])('%j %j: retry %s, %s', (code, reason, retry, meaning) => {
    expect(decide({ code, reason })).toEqual({ retry, meaning })
  })

  it('has a rule of its own in each row of the table', () => {
    const exits: Exit[] = [
      ...[
        'Host EC2 (',
        'Canceled by JobStateTimeLimit action due to reason: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
        'Canceled by JobStateTimeLimit action due to reason: MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
        'Batch.ServerException: x',
        'Host process lost',
        'CannotPullContainerError:',
        'DockerTimeoutError:',
        'Job attempt duration exceeded timeout',
        'the job is over',
      ].map((reason) => ({ code: null, reason })),
      ...[75, 64, 65, 70, 143, 137].map((code) => ({ code, reason: '' })),
    ]
    expect(exits.map((exit) => exitRules.findIndex((rule) => rule.matches(exit)))).toEqual(exitRules.map((_, i) => i))
  })
})

describe('a killed attempt', () => {
  const killed = { code: 137, reason: '' }

  it.each([
    [false, false, true],
    [false, true, false],
    [true, true, true],
    [true, false, true],
  ])('with a new checkpoint %s, killed before %s: retry %s', (progressed, repeated, retry) => {
    expect(decide(killed, { progressed, repeated }).retry).toBe(retry)
  })

  it('says why it is not tried again', () => {
    expect(decide(killed, { repeated: true }).meaning).toContain('twice without a new checkpoint in between')
  })
})

describe('the budget of attempts', () => {
  const retried = { code: 75, reason: '' }

  it('is used up by the last attempt, and says so', () => {
    expect(decide(retried, { attempts: 4 }).retry).toBe(true)
    expect(decide(retried, { attempts: 5 })).toEqual({
      retry: false,
      meaning: 'pre-empted after a checkpoint; all 5 attempts are used up',
    })
    expect(decide(retried, { attempts: 1, maxAttempts: 1 }).retry).toBe(false)
  })

  it('ends every series of exits', () => {
    const exit = fc.record({
      code: fc.constantFrom(null, 0, 1, 64, 65, 70, 75, 137, 143),
      reason: fc.constantFrom('', 'Host EC2 (i) terminated.', 'Job attempt duration exceeded timeout'),
    })
    const input = fc.record({
      exit,
      attempts: fc.integer({ min: 1, max: 9 }),
      maxAttempts: fc.integer({ min: 1, max: 8 }),
      progressed: fc.boolean(),
      repeated: fc.boolean(),
      capacity: fc.constantFrom<Capacity[]>('spot', 'on_demand'),
    })
    fc.assert(
      fc.property(input, (each) => {
        const { retry } = decideRetry(each)
        if (each.attempts >= each.maxAttempts) expect(retry).toBe(false)
        if ([64, 65, 70].includes(each.exit.code ?? 0) && each.exit.reason === '') expect(retry).toBe(false)
      }),
    )
  })
})

describe('a job that its queue cancelled', () => {
  const noCapacity = {
    code: null,
    reason: 'Canceled by JobStateTimeLimit action due to reason: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
  }

  it('for want of spot capacity is always tried again, even with the budget used up: it never ran', () => {
    expect(decide(noCapacity)).toEqual({ retry: true, meaning: 'no capacity was to be had on spot' })
    expect(decide(noCapacity, { attempts: 5 }).retry).toBe(true)
  })

  it('for want of on-demand capacity fails and says so', () => {
    const { retry, meaning } = decide(noCapacity, { capacity: 'on_demand' })
    expect(retry).toBe(false)
    expect(meaning).toMatch(/no capacity was to be had, on demand either: raise the quota/)
  })

  it('because no host can hold it fails at once', () => {
    const reason = 'Canceled by JobStateTimeLimit action due to reason: MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT'
    expect(decide({ code: null, reason })).toMatchObject({ retry: false, meaning: expect.stringContaining('no host') })
  })
})

it.each([
  ['Host EC2 (instance i-1) terminated.', 'reclaimed'],
  ['Canceled by JobStateTimeLimit action due to reason: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY', 'no_capacity'],
  ['Canceled by JobStateTimeLimit action due to reason: MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT', undefined],
  ['Essential container in task exited', undefined],
])('%s counts against spot as %s', (reason, end) => {
  expect(endedBy({ code: null, reason })).toBe(end)
})
