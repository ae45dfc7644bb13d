import { describe, expect, it } from 'vitest'
import type { Json } from '../../core/platform/ports.ts'
import { createJobs, jobTask } from '../support/asl-jobs.ts'
import { call, machineOf } from '../support/asl-run.ts'
import { openWorkflows } from '../support/asl-workflows.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A handler whose calls wait until they are let go. */
function gate() {
  const waiting: { payload: Json; signal: AbortSignal; open: (value: Json) => void }[] = []
  const handler = (payload: Json, signal: AbortSignal) =>
    new Promise<Json>((open) => waiting.push({ payload, signal, open }))
  return { waiting, handler }
}

describe('the queue of executions', () => {
  it('runs as many as allowed, the others in the order they were started', async () => {
    const { waiting, handler } = gate()
    const { workflows } = openWorkflows(
      [machineOf({ T: call('work') })],
      { work: handler },
      { maxConcurrentExecutions: 2 },
    )
    for (const n of [1, 2, 3, 4, 5]) await workflows.start({ machine: 'test', name: `run-${n}`, input: n })
    const statuses = async () =>
      Promise.all([1, 2, 3, 4, 5].map(async (n) => (await workflows.describe(`run-${n}`))?.status))
    for (let i = 0; i < 5; i += 1) await turn()
    expect(await statuses()).toEqual(['running', 'running', 'pending', 'pending', 'pending'])
    waiting[1]?.open('two')
    await workflows.settle('run-2')
    for (let i = 0; i < 5; i += 1) await turn()
    expect(await statuses()).toEqual(['running', 'succeeded', 'running', 'pending', 'pending'])
    await workflows.stop('run-4', 'not needed')
    for (let i = 0; waiting.length < 4 && i < 100; i += 1) {
      for (const { open } of waiting) open('done')
      await turn()
    }
    for (const { open } of waiting) open('done')
    await workflows.idle()
    expect(await statuses()).toEqual(['succeeded', 'succeeded', 'succeeded', 'aborted', 'succeeded'])
    expect(waiting.map(({ payload }) => payload)).toEqual([1, 2, 3, 5])
  })

  it('ends every one of many, whatever became of the others', async () => {
    const odd = (n: Json) => {
      if (Number(n) % 2 === 1) throw new Error('odd')
      return n
    }
    const { workflows } = openWorkflows([machineOf({ T: call('odd') })], { odd }, { maxConcurrentExecutions: 3 })
    const names = Array.from({ length: 60 }, (_, n) => `run-${n}`)
    for (const [n, name] of names.entries()) await workflows.start({ machine: 'test', name, input: n })
    await workflows.idle()
    const statuses = await Promise.all(names.map(async (name) => (await workflows.settle(name)).status))
    expect(statuses.filter((status) => status === 'succeeded')).toHaveLength(30)
    expect(statuses.filter((status) => status === 'failed')).toHaveLength(30)
  })

  it('does not run the first state within start', async () => {
    const calls: Json[] = []
    const note = (payload: Json) => {
      calls.push(payload)
      return null
    }
    const { workflows } = openWorkflows([machineOf({ T: call('note') })], { note })
    expect(await workflows.start({ machine: 'test', name: 'run-1', input: 1 })).toMatchObject({ status: 'pending' })
    expect(calls).toEqual([])
    await workflows.settle('run-1')
    expect(calls).toEqual([1])
  })
})

describe('stop', () => {
  it('aborts the signals of functions, and does not wait for one that ignores it', async () => {
    const { waiting, handler } = gate()
    const machine = machineOf({
      P: {
        Type: 'Parallel',
        Branches: ['A', 'B'].map((name) => ({ StartAt: name, States: { [name]: call('work') } })),
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'After' }],
        Next: 'After',
      },
      After: call('work'),
    })
    const { workflows, database } = openWorkflows([machine], { work: handler })
    await workflows.start({ machine: 'test', name: 'run-1', input: {} })
    while (waiting.length < 2) await turn()
    await workflows.stop('run-1', 'enough')
    expect(waiting.map(({ signal }) => signal.aborted)).toEqual([true, true])
    const rows = database.prepare('select count(*) as n from journal').get()?.n
    for (const { open } of waiting) open('late')
    await turn()
    await workflows.idle()
    expect(waiting).toHaveLength(2)
    expect(database.prepare('select count(*) as n from journal').get()?.n).toBe(rows)
    expect(await workflows.describe('run-1')).toMatchObject({ status: 'aborted', cause: 'enough' })
  })

  it('terminates the job of a .sync task, and stays stopped when that fails', async () => {
    const clock = createVirtualClock()
    const compute = createJobs(clock)
    const { workflows, logs } = openWorkflows([machineOf({ T: jobTask() })], {}, { clock, compute })
    for (const name of ['run-1', 'run-2']) await workflows.start({ machine: 'test', name, input: { name, spec: 's' } })
    await clock.advance(1_000)
    await workflows.stop('run-1', 'cancelled')
    expect(compute.terminations).toEqual([{ name: 'run-1', reason: 'cancelled' }])
    compute.terminate = () => Promise.reject(new Error('compute is away'))
    await workflows.stop('run-2', 'cancelled')
    expect(await workflows.describe('run-2')).toMatchObject({ status: 'aborted' })
    expect(logs).toMatchObject([{ message: 'could not terminate a job', fields: { job: 'run-2' } }])
  })
})

describe('hints', () => {
  it('make .sync tasks look at their jobs at once', async () => {
    const clock = createVirtualClock()
    const compute = createJobs(clock)
    const { workflows } = openWorkflows([machineOf({ T: jobTask({ Output: 1, End: true }) })], {}, { clock, compute })
    await workflows.start({ machine: 'test', name: 'run-1', input: { name: 'job-1', spec: 's' } })
    await clock.advance(10_000)
    compute.end('job-1', 0)
    const settled = workflows.settle('run-1')
    workflows.poke()
    expect(await settled).toMatchObject({ status: 'succeeded' })
    expect(clock.now().toISOString()).toBe('2026-01-01T00:00:10.000Z')
  })

  it('are not lost when they come while a task is looking', async () => {
    const clock = createVirtualClock()
    const compute = createJobs(clock)
    const { workflows } = openWorkflows([machineOf({ T: jobTask({ Output: 1, End: true }) })], {}, { clock, compute })
    const look = compute.describe
    compute.describe = async (name) => {
      const seen = await look(name)
      if (seen?.status === 'running') {
        compute.end(name, 0)
        workflows.poke()
      }
      return seen
    }
    await workflows.start({ machine: 'test', name: 'run-1', input: { name: 'job-1', spec: 's' } })
    expect(await workflows.settle('run-1')).toMatchObject({
      status: 'succeeded',
      stoppedAt: '2026-01-01T00:00:00.000Z',
    })
  })
})

describe('failures of the driver itself', () => {
  it('end the execution with States.Runtime, not the process', async () => {
    const machine = machineOf({
      A: call('drop', { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }], Next: 'B' }),
      B: { Type: 'Pass', End: true },
    })
    const fixture = openWorkflows([machine], {
      drop: () => {
        fixture.database.exec('alter table journal rename to gone')
        return null
      },
    })
    const { workflows, logs } = fixture
    await workflows.start({ machine: 'test', name: 'run-1', input: {} })
    expect(await workflows.settle('run-1')).toMatchObject({
      status: 'failed',
      error: 'States.Runtime',
      cause: expect.stringContaining('journal'),
    })
    expect(logs).toMatchObject([{ message: 'an execution failed in the interpreter' }])
  })

  it('are told to those who wait, even when nothing can be stored', async () => {
    const fixture = openWorkflows([machineOf({ A: call('drop') })], {
      drop: () => {
        fixture.database.exec('alter table execution rename to gone')
        return null
      },
    })
    await fixture.workflows.start({ machine: 'test', name: 'run-1', input: {} })
    await expect(fixture.workflows.settle('run-1')).rejects.toThrow('execution')
    await fixture.workflows.idle()
    expect(fixture.logs.map(({ message }) => message)).toContain('the failure of an execution could not be stored')
  })
})

describe('limits and refusals', () => {
  it('refuse inputs over 256 KiB and names that Step Functions would refuse', async () => {
    const { workflows } = openWorkflows([machineOf({ P: { Type: 'Pass', End: true } })])
    await expect(workflows.start({ machine: 'test', name: 'big', input: 'x'.repeat(262_144) })).rejects.toMatchObject({
      code: 'too_large',
    })
    await expect(workflows.start({ machine: 'test', name: 'fits', input: 'x'.repeat(262_142) })).resolves.toMatchObject(
      { name: 'fits' },
    )
    for (const name of ['', 'a b', 'x'.repeat(81), 'a/b'])
      await expect(workflows.start({ machine: 'test', name, input: 1 })).rejects.toMatchObject({ code: 'invalid' })
  })

  it('refuse new executions after close, and those who wait are told', async () => {
    const { workflows } = openWorkflows([machineOf({ W: { Type: 'Wait', Seconds: 60, End: true } })])
    await workflows.start({ machine: 'test', name: 'run-1', input: 1 })
    const waiting = workflows.settle('run-1')
    const [refused] = await Promise.allSettled([waiting, workflows.close()])
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'busy' } })
    await expect(workflows.start({ machine: 'test', name: 'run-2', input: 1 })).rejects.toMatchObject({ code: 'busy' })
    await expect(workflows.settle('run-1')).rejects.toMatchObject({ code: 'busy' })
    await expect(workflows.settle('nobody')).rejects.toMatchObject({ code: 'not_found' })
  })
})
