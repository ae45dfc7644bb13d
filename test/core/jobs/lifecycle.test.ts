import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTerminal, type LifecycleEvent, next } from '../../../core/jobs/lifecycle.ts'
import { JobStatus, terminalStatuses } from '../../../schemas/job.ts'

const events: LifecycleEvent[] = [
  'preflight_started',
  'ticket_issued',
  'attempt_prepared',
  'compute_observed',
  'attempt_ended',
  'evaluation_planned',
  'evaluations_compared',
  'model_registered',
  'evaluation_passed',
  'refused',
  'failed',
  'cancelled',
  'resumed',
]
const statuses = JobStatus.options
const live = statuses.filter((status) => !isTerminal(status))
const leaving = (status: JobStatus) => events.flatMap((event) => next(status, event) ?? [])

/** Every status that some path of events leads to. */
function reachable(from: JobStatus): Set<JobStatus> {
  const seen = new Set<JobStatus>([from])
  for (const status of seen) for (const after of leaving(status)) seen.add(after)
  return seen
}

describe('the lifecycle table', () => {
  it('answers every event in every status with a status or with no', () => {
    for (const status of statuses)
      for (const event of events) expect([...statuses, undefined]).toContain(next(status, event))
  })

  it('lets nothing happen to a job that succeeded', () => {
    expect(leaving('succeeded')).toEqual([])
  })

  it('lets a failed, cancelled or refused job only be resumed, from the start', () => {
    for (const status of ['failed', 'cancelled', 'refused'] as const)
      expect(events.filter((event) => next(status, event))).toEqual(['resumed'])
    expect(next('failed', 'resumed')).toBe('submitted')
    for (const status of live) expect(next(status, 'resumed')).toBeUndefined()
  })

  it('lets a live job fail or be cancelled at any time', () => {
    for (const status of live) {
      expect(next(status, 'failed')).toBe('failed')
      expect(next(status, 'cancelled')).toBe('cancelled')
    }
  })

  it('refuses a job only by preflight or by the gate, and registers a model only after it', () => {
    expect(statuses.filter((status) => next(status, 'refused'))).toEqual(['validating', 'gating'])
    for (const event of ['model_registered', 'evaluation_passed'] as const)
      expect(statuses.filter((status) => next(status, event))).toEqual(['gating'])
  })

  it('looks at compute only while it runs, and no look moves the job', () => {
    expect(statuses.filter((status) => next(status, 'compute_observed'))).toEqual(['running'])
    expect(next('running', 'compute_observed')).toBe('running')
  })

  it('trains nothing before the ticket', () => {
    for (const status of ['submitted', 'validating'] as const) {
      expect(next(status, 'attempt_prepared')).toBeUndefined()
      expect(next(status, 'evaluation_planned')).toBeUndefined()
    }
  })

  it('reaches every status, and an end from each of them', () => {
    expect(reachable('submitted')).toEqual(new Set(statuses))
    for (const status of statuses) expect([...reachable(status)].some(isTerminal)).toBe(true)
  })

  it('knows which statuses are ends', () => {
    expect(statuses.filter(isTerminal).sort()).toEqual([...terminalStatuses].sort())
  })
})

it('on every path of events, late and repeated ones among them, each run ends at most once', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...events), { maxLength: 60 }), (path) => {
      let status: JobStatus = 'submitted'
      let runs = 1
      let ends = 0
      for (const event of path) {
        const after = next(status, event)
        if (!after) continue
        if (event === 'resumed') runs += 1
        if (isTerminal(after)) ends += 1
        status = after
        expect(ends === runs || ends === runs - 1).toBe(true)
        expect(isTerminal(status)).toBe(ends === runs)
      }
    }),
    { numRuns: 500 },
  )
})
