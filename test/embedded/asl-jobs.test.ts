import { beforeEach, describe, expect, it } from 'vitest'
import { shutdown } from '../../adapters/embedded/asl/run.ts'
import { Fault } from '../../core/platform/fault.ts'
import { createJobs, type Jobs, jobTask } from '../support/asl-jobs.ts'
import { machineOf, run } from '../support/asl-run.ts'
import { createVirtualClock, type VirtualClock } from '../support/virtual-clock.ts'

const input = { name: 'train-1', spec: 'file:///spec.json' }

describe('batch:submitJob.sync', () => {
  let clock: VirtualClock
  let jobs: Jobs

  beforeEach(() => {
    clock = createVirtualClock()
    jobs = createJobs(clock)
  })

  it('submits the job and gives its detail when it has succeeded', async () => {
    const running = run(machineOf({ T: jobTask() }), { input, clock, compute: jobs })
    await clock.advance(60_000)
    expect(jobs.submissions).toEqual([
      { name: 'train-1', definition: 'trainer', environment: { SPEC: 'file:///spec.json' }, timeoutSeconds: 3600 },
    ])
    jobs.end('train-1', 0)
    await clock.advance(1_000)
    const started = Date.parse('2026-01-01T00:00:00Z')
    expect(await running).toEqual({
      output: {
        Attempts: [
          {
            Container: { ExitCode: 0 },
            StartedAt: started,
            StatusReason: 'Essential container in task exited',
            StoppedAt: started + 60_000,
          },
        ],
        Container: { ExitCode: 0 },
        CreatedAt: started,
        JobDefinition: 'trainer',
        JobId: 'id-of-train-1',
        JobName: 'train-1',
        JobQueue: 'queue',
        StartedAt: started,
        Status: 'SUCCEEDED',
        StatusReason: 'Essential container in task exited',
        StoppedAt: started + 60_000,
      },
    })
  })

  it('fails with States.TaskFailed and the detail as text', async () => {
    const running = run(machineOf({ T: jobTask() }), { input, clock, compute: jobs })
    await clock.advance(1_000)
    jobs.end('train-1', 70, 'Host EC2 (instance i-0) terminated.')
    await clock.advance(1_000)
    const result = await running
    expect(result).toMatchObject({ error: 'States.TaskFailed' })
    expect(JSON.parse('cause' in result ? result.cause : '')).toMatchObject({
      Status: 'FAILED',
      StatusReason: 'Host EC2 (instance i-0) terminated.',
      Container: { ExitCode: 70 },
    })
  })

  it('looks soon at first and every half second later', async () => {
    const looks: number[] = []
    const describe = jobs.describe
    jobs.describe = (name) => {
      looks.push(clock.now().getTime() - Date.parse('2026-01-01T00:00:00Z'))
      return describe(name)
    }
    const running = run(machineOf({ T: jobTask() }), { input, clock, compute: jobs })
    await clock.advance(10_000)
    jobs.end('train-1', 0)
    await clock.advance(500)
    expect(await running).toHaveProperty('output')
    expect(looks[1]).toBeLessThanOrEqual(5)
    expect(looks.filter((at) => at > 5_000)).toHaveLength(11)
  })

  it.each([
    [new Fault('busy', 'full'), 'Batch.TooManyRequestsException'],
    [new Fault('invalid', 'no such definition'), 'Batch.ClientException'],
    [new Error('disk on fire'), 'Batch.ServerException'],
  ])('reports a refused submission (%s) as %s', async (refusal, error) => {
    jobs.refuse = refusal
    expect(await run(machineOf({ T: jobTask() }), { input, clock, compute: jobs })).toEqual({
      error,
      cause: refusal.message,
    })
  })

  it('terminates the job when the state runs out of time', async () => {
    const running = run(machineOf({ T: jobTask({ TimeoutSeconds: 90, End: true }) }), { input, clock, compute: jobs })
    await clock.advance(90_000)
    expect(await running).toMatchObject({ error: 'States.Timeout' })
    expect(jobs.terminations).toEqual([{ name: 'train-1', reason: expect.stringContaining('TimeoutSeconds') }])
  })

  it('terminates the job when another branch fails', async () => {
    const branches = [
      { StartAt: 'T', States: { T: jobTask() } },
      { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 5, Next: 'F' }, F: { Type: 'Fail', Error: 'Other' } } },
    ]
    const running = run(machineOf({ P: { Type: 'Parallel', Branches: branches, End: true } }), {
      input,
      clock,
      compute: jobs,
    })
    await clock.advance(5_000)
    expect(await running).toMatchObject({ error: 'Other' })
    expect(jobs.terminations).toEqual([{ name: 'train-1', reason: 'Another branch of the state failed.' }])
  })

  it('terminates the job when the execution is stopped, but not when the server shuts down', async () => {
    for (const [reason, terminations] of [
      [new Error('cancelled'), [{ name: 'train-1', reason: 'cancelled' }]],
      [shutdown, []],
    ] as const) {
      jobs.terminations = []
      const stop = new AbortController()
      const running = run(machineOf({ T: jobTask() }), { input, clock, compute: jobs, signal: stop.signal })
      await clock.advance(1_000)
      stop.abort(reason)
      await expect(running).rejects.toBe(reason)
      expect(jobs.terminations).toEqual(terminations)
    }
  })

  it('joins its job again over the journal, with the name it had, though it was made by chance', async () => {
    const named = {
      ...jobTask(),
      Arguments: {
        JobName: '{% "job-" & $uuid() %}',
        JobQueue: 'q',
        JobDefinition: 'd',
        Timeout: { AttemptDurationSeconds: 60 },
      },
    }
    const journal = new Map<string, string>()
    for (let life = 0; life < 2; life += 1) {
      const stop = new AbortController()
      const running = run(machineOf({ T: named }), { clock, compute: jobs, journal, signal: stop.signal })
      await clock.advance(1_000)
      stop.abort(shutdown)
      await expect(running).rejects.toBe(shutdown)
    }
    expect(jobs.submissions).toHaveLength(2)
    expect(jobs.submissions[1]?.name).toBe(jobs.submissions[0]?.name)
  })

  it('does not start a limit of time again over the journal', async () => {
    const journal = new Map<string, string>()
    const stop = new AbortController()
    const machine = machineOf({ T: jobTask({ TimeoutSeconds: 90, End: true }) })
    const first = run(machine, { input, clock, compute: jobs, journal, signal: stop.signal })
    await clock.advance(60_000)
    stop.abort(shutdown)
    await expect(first).rejects.toBe(shutdown)
    const second = run(machine, { input, clock, compute: jobs, journal })
    await clock.advance(30_000)
    expect(await second).toMatchObject({ error: 'States.Timeout' })
    expect(jobs.terminations).toHaveLength(1)
  })

  it.each([
    [{ JobName: 5 }, 'Arguments/JobName must be a string'],
    [{ Timeout: { AttemptDurationSeconds: 0 } }, 'AttemptDurationSeconds must be a whole number'],
    [{ ContainerOverrides: { Environment: [{ Name: 'A' }] } }, 'Environment entries'],
    [{ ContainerOverrides: { Memory: 5 } }, 'Memory'],
  ])('fails with States.Runtime on evaluated arguments %j', async (wrong, message) => {
    const given = { JobName: 'n', JobQueue: 'q', JobDefinition: 'd', Timeout: { AttemptDurationSeconds: 60 }, ...wrong }
    const state = { ...jobTask(), Arguments: '{% $states.input %}' }
    expect(await run(machineOf({ T: state }), { input: given, clock, compute: jobs })).toMatchObject({
      error: 'States.Runtime',
      cause: expect.stringContaining(message),
    })
    expect(jobs.submissions).toEqual([])
  })
})
