import { describe, expect, it } from 'vitest'
import { type Observed, plan } from '../../../core/jobs/reconcile-plan.ts'
import type { ComputeRecord, Execution } from '../../../core/platform/ports.ts'
import type { Attempt, Job, Stage } from '../../../schemas/job.ts'

describe('the plan', () => {
  const stage = (change: Partial<Attempt>): Stage => ({
    index: 0,
    algorithm: 'sft',
    status: 'running',
    planned_steps: 4,
    attempts: [{ number: 1, compute_job: `${id}-s0-a1`, resumed_from_step: 0, exit_code: null, started_at: at, status: 'prepared', ...change }], // biome-ignore format: one row
  })
  const at = '2026-01-01T00:00:00.000Z'
  const id = 'job-00000000000000000001'
  const ev = 'ev-00000000000000000001'
  const job = (change: Partial<Job> = {}) => ({ id, run: 2, status: 'running', stages: [stage({})], ...change }) as Job
  const execution = (change: Partial<Execution> = {}): Execution => ({
    name: `${id}-2`,
    machine: 'training-pipeline',
    status: 'running',
    input: null,
    startedAt: at,
    ...change,
  })
  const record = (name: string, status: ComputeRecord['status'] = 'running'): ComputeRecord => ({
    id: name,
    name,
    status,
    createdAt: at,
  })
  const seen = { id: `${id}-s0-a1`, status: 'running' as const }
  const planned = (change: Partial<Observed> = {}) =>
    plan({
      job: job(),
      execution: execution(),
      computes: [],
      awaited: new Set(),
      unread: [],
      stopping: false,
      ...change,
    })

  it('starts what never started', () => {
    expect(planned({ execution: undefined })).toEqual([{ kind: 'start', job: id, run: 2 }])
  })

  it.each(['pending', 'running'] as const)('leaves alone what is %s', (status) => {
    expect(planned({ execution: execution({ status }) })).toEqual([])
  })

  it.each(['succeeded', 'failed', 'timed_out', 'aborted'] as const)(
    'ends the record when its execution %s',
    (status) => {
      const cause = `the execution ended as ${status} while the job was still open`
      expect(planned({ execution: execution({ status }) })).toEqual([
        { kind: 'fail', job: id, run: 2, error: `execution_${status}`, cause },
      ])
    },
  )

  it('says what the execution said', () => {
    const ended = execution({ status: 'failed', error: 'stage_failed', cause: 'diverged' })
    expect(planned({ execution: ended })).toMatchObject([{ error: 'stage_failed', cause: 'diverged' }])
  })

  it('leaves the trainer of an open attempt alone, and tells what is new of it', () => {
    const computes = [record(`${id}-s0-a1`)]
    expect(planned({ computes })).toEqual([{ kind: 'observe', job: id, computeJob: `${id}-s0-a1` }])
    expect(planned({ computes, job: job({ stages: [stage({ compute: seen })] }) })).toEqual([])
  })

  it.each<[string, Partial<Job>]>([
    ['its job is over', { status: 'failed' }],
    ['its attempt is over', { stages: [stage({ status: 'preempted' })] }],
    ['a finding stops it', { stages: [stage({ stopped_by: { anomaly: '0.1.non_finite.3', step: 3 } })] }],
  ])('terminates a trainer when %s', (_, change) => {
    expect(planned({ job: job(change), computes: [record(`${id}-s0-a1`)] })).toEqual([
      { kind: 'terminate', job: id, computeJob: `${id}-s0-a1` },
    ])
  })

  it('terminates a generation that no live job waits for, and no other', () => {
    const computes = [record(`${ev}-a1`)]
    const over = job({ status: 'cancelled', evaluations: [ev] })
    expect(planned({ job: over, computes })).toMatchObject([{ kind: 'terminate', computeJob: `${ev}-a1` }])
    expect(planned({ job: over, computes, awaited: new Set([ev]) })).toEqual([])
    expect(planned({ job: job({ status: 'evaluating', stages: [], evaluations: [ev] }), computes })).toEqual([])
  })

  it('stops execution and trainer of a cancelled job until both are seen to have ended, and then lets it rest', () => {
    const cancelled = { job: job({ status: 'cancelled' }), stopping: true }
    expect(planned({ ...cancelled, computes: [record(`${id}-s0-a1`)] })).toEqual([
      { kind: 'stop', job: id, run: 2 },
      { kind: 'terminate', job: id, computeJob: `${id}-s0-a1` },
    ])
    const unread = [{ stage: 0, attempt: 1 }]
    const aborted = execution({ status: 'aborted' })
    expect(planned({ ...cancelled, execution: aborted, unread })).toEqual([
      { kind: 'ingest', job: id, stage: 0, attempt: 1 },
    ])
    expect(planned({ ...cancelled, execution: aborted })).toEqual([{ kind: 'settle', job: id }])
    expect(planned({ ...cancelled, execution: aborted, stopping: false })).toEqual([])
  })

  it('lets the execution of a job that failed go through its last states', () => {
    expect(planned({ job: job({ status: 'failed' }), stopping: true })).toEqual([{ kind: 'settle', job: id }])
  })
})
