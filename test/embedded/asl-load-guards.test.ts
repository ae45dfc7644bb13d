import { describe, expect, it } from 'vitest'
import { definition, lambda, only, pass, problemCodes } from '../support/asl-definitions.ts'

describe('loading Retry, Catch, Map and Parallel', () => {
  const retry = (entries: object[]) => only({ ...lambda, Retry: entries })
  it.each<[string, object, string]>([
    [
      'States.ALL beside others',
      retry([{ ErrorEquals: ['States.ALL', 'x'] }]),
      '/States/Only/Retry/0/ErrorEquals misplaced_all',
    ],
    [
      'States.ALL before others',
      retry([{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['x'] }]),
      '/States/Only/Retry/0/ErrorEquals misplaced_all',
    ],
    [
      'an error that nothing can catch',
      retry([{ ErrorEquals: ['States.Runtime'] }]),
      '/States/Only/Retry/0/ErrorEquals unsupported',
    ],
    [
      'an error that is never raised',
      retry([{ ErrorEquals: ['States.Permissions'] }]),
      '/States/Only/Retry/0/ErrorEquals unsupported',
    ],
    ['no error', retry([{ ErrorEquals: [] }]), '/States/Only/Retry/0/ErrorEquals wrong_type'],
    [
      'a fraction of an attempt',
      retry([{ ErrorEquals: ['x'], MaxAttempts: 1.5 }]),
      '/States/Only/Retry/0/MaxAttempts out_of_range',
    ],
    [
      'a shrinking interval',
      retry([{ ErrorEquals: ['x'], BackoffRate: 0.5 }]),
      '/States/Only/Retry/0/BackoffRate out_of_range',
    ],
    [
      'a longest delay below the first',
      retry([{ ErrorEquals: ['x'], IntervalSeconds: 5, MaxDelaySeconds: 5 }]),
      '/States/Only/Retry/0/MaxDelaySeconds out_of_range',
    ],
    [
      'an unknown jitter',
      retry([{ ErrorEquals: ['x'], JitterStrategy: 'HALF' }]),
      '/States/Only/Retry/0/JitterStrategy out_of_range',
    ],
    [
      'a catcher that goes nowhere',
      only({ ...lambda, Catch: [{ ErrorEquals: ['x'], Next: 'Gone' }] }),
      '/States/Only/Catch/0/Next unknown_next',
    ],
    [
      'ResultPath of a catcher',
      definition({ A: { ...lambda, Catch: [{ ErrorEquals: ['x'], Next: 'B', ResultPath: '$.e' }] }, B: pass }),
      '/States/A/Catch/0/ResultPath jsonpath_field',
    ],
    ['Retry of a Pass', only({ ...pass, Retry: [] }), '/States/Only/Retry unknown_field'],
  ])('refuses %s', (_, asl, expected) => {
    expect(problemCodes(asl)).toEqual([expected])
  })

  const map = (more: object, processor: object = { StartAt: 'In', States: { In: pass } }) =>
    only({ Type: 'Map', ItemProcessor: processor, End: true, ...more })
  it.each<[string, object, string]>([
    [
      'tolerated failures',
      map({ ToleratedFailurePercentage: 5 }),
      '/States/Only/ToleratedFailurePercentage unknown_field',
    ],
    [
      'a distributed Map',
      map(
        {},
        { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, StartAt: 'In', States: { In: pass } },
      ),
      '/States/Only/ItemProcessor/ProcessorConfig unsupported',
    ],
    ['an item reader', map({ ItemReader: {} }), '/States/Only/ItemReader unknown_field'],
    ['an object as Items', map({ Items: { a: 1 } }), '/States/Only/Items wrong_type'],
    [
      'a start that a processor does not have',
      map({}, { StartAt: 'Out', States: { In: pass } }),
      '/States/Only/ItemProcessor/StartAt unknown_next',
    ],
    [
      'a jump out of a Map',
      map({}, { StartAt: 'In', States: { In: { Type: 'Pass', Next: 'Only' }, End: pass } }),
      '/States/Only/ItemProcessor/States/In/Next unknown_next',
    ],
    [
      'a Parallel without branches',
      only({ Type: 'Parallel', Branches: [], End: true }),
      '/States/Only/Branches missing_field',
    ],
    [
      'a broken start in a branch',
      only({ Type: 'Parallel', Branches: [{ StartAt: 'X', States: { In: pass } }], End: true }),
      '/States/Only/Branches/0/StartAt unknown_next',
    ],
    [
      'a name used in two scopes',
      only({ Type: 'Parallel', Branches: [{ StartAt: 'Only', States: { Only: pass } }], End: true }),
      '/States/Only/Branches/0/States/Only duplicate_state',
    ],
  ])('refuses %s', (_, asl, expected) => {
    expect(problemCodes(asl)).toContain(expected)
  })
})
