import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Execution } from '../../core/platform/ports.ts'
import type { CrashPoint } from '../support/asl-crashing-database.ts'
import { createJobs, jobTask } from '../support/asl-jobs.ts'
import { call, machineOf } from '../support/asl-run.ts'
import { openWorkflows } from '../support/asl-workflows.ts'
import { tempDir } from '../support/temp-dir.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const step = (what: string, exit: object) =>
  call('step', { Arguments: { FunctionName: 'step', Payload: `{% ${what} %}` }, ...exit })
const states = {
  First: step("'first'", { Assign: { id: '{% $uuid() %}' }, Next: 'Each' }),
  Each: {
    Type: 'Map',
    Items: [1, 2, 3],
    MaxConcurrency: 2,
    ItemProcessor: { StartAt: 'In', States: { In: step("'item ' & $string($states.input)", { End: true }) } },
    Next: 'Last',
  },
  Last: step("'last'", { Output: '{% {"items": $states.input.done, "id": $length($id)} %}', End: true }),
}

/** Runs the host process: the execution it printed, or the signal that ended it. */
async function host(
  directory: string,
  crash?: CrashPoint,
): Promise<{ ended: Execution | undefined; signal: NodeJS.Signals | null }> {
  const script = fileURLToPath(new URL('../support/asl-workflow-host.ts', import.meta.url))
  const child = spawn(process.execPath, ['--no-warnings', script, JSON.stringify({ directory, states, crash })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output, [, signal]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return { ended: output === '' ? undefined : JSON.parse(output), signal }
}

function calls(directory: string): string[] {
  return readFileSync(`${directory}/calls.jsonl`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .toSorted()
}

describe('a workflows driver whose process was killed', () => {
  it('goes on from the last finished task, in a new process', async () => {
    const directory = tempDir()
    // The writes are: the definition, the execution, running, First, the start of Each, the items, ...
    expect(await host(directory, { when: 'after', count: 6 })).toMatchObject({ ended: undefined, signal: 'SIGKILL' })
    const { ended } = await host(directory)
    expect(ended).toMatchObject({
      status: 'succeeded',
      output: { items: ['item 1', 'item 2', 'item 3'], id: 36 },
    })
    const seen = calls(directory)
    expect(seen.filter((name) => name === 'first')).toHaveLength(1)
    expect(seen.filter((name) => name === 'last')).toHaveLength(1)
    // One item was finished; the other that ran may have been called twice.
    expect(seen.length).toBeLessThanOrEqual(6)
  })

  it('survives any number of deaths: each at its next write but one', async () => {
    const directory = tempDir()
    let deaths = 0
    for (; deaths < 20; deaths += 1) {
      const { ended } = await host(directory, { when: 'after', count: 4 })
      if (ended) break
    }
    const { ended } = await host(directory)
    expect(ended).toMatchObject({ status: 'succeeded', output: { id: 36 } })
    expect(deaths).toBeGreaterThanOrEqual(2)
    expect(new Set(calls(directory))).toEqual(new Set(['first', 'item 1', 'item 2', 'item 3', 'last']))
  })
})

describe('a workflows driver that is closed and opened again', () => {
  it('keeps the definition that an execution was started with', async () => {
    const clock = createVirtualClock()
    const before = machineOf({
      W: { Type: 'Wait', Seconds: 60, Next: 'Old' },
      Old: { Type: 'Pass', Output: 'old', End: true },
    })
    const after = machineOf({ New: { Type: 'Pass', Output: 'new', End: true } })
    const first = openWorkflows([before], {}, { clock })
    await first.workflows.start({ machine: 'test', name: 'old-1', input: {} })
    await clock.advance(1_000)
    await first.workflows.close()
    const second = openWorkflows([after], {}, { clock, database: first.database })
    await second.workflows.resume()
    await second.workflows.start({ machine: 'test', name: 'new-1', input: {} })
    await clock.advance(60_000)
    expect(await second.workflows.settle('old-1')).toMatchObject({ status: 'succeeded', output: 'old' })
    expect(await second.workflows.settle('new-1')).toMatchObject({ status: 'succeeded', output: 'new' })
  })

  it('fails an execution whose definition this program no longer implements, and runs the others', async () => {
    const first = openWorkflows([machineOf({ W: { Type: 'Wait', Seconds: 60, End: true } })])
    await first.workflows.start({ machine: 'test', name: 'run-1', input: {} })
    await first.workflows.close()
    first.database.exec(`update machine_definition set definition = replace(definition, '"Wait"', '"Dream"')`)
    const second = openWorkflows([machineOf({ P: { Type: 'Pass', End: true } })], {}, { database: first.database })
    await second.workflows.resume()
    await second.workflows.start({ machine: 'test', name: 'run-2', input: 1 })
    expect(await second.workflows.settle('run-1')).toMatchObject({
      status: 'failed',
      error: 'States.Runtime',
      cause: expect.stringContaining('Dream'),
    })
    expect(await second.workflows.settle('run-2')).toMatchObject({ status: 'succeeded' })
  })

  it('joins the jobs of its .sync tasks again, and does not terminate them in between', async () => {
    const clock = createVirtualClock()
    const compute = createJobs(clock)
    const machine = machineOf({ T: jobTask({ Output: '{% $states.result.Container.ExitCode %}', End: true }) })
    const first = openWorkflows([machine], {}, { clock, compute })
    await first.workflows.start({ machine: 'test', name: 'run-1', input: { name: 'train-1', spec: 's' } })
    await clock.advance(5_000)
    await first.workflows.close()
    compute.end('train-1', 0)
    const second = openWorkflows([machine], {}, { clock, compute, database: first.database })
    await second.workflows.resume()
    await clock.advance(1_000)
    expect(await second.workflows.settle('run-1')).toMatchObject({ status: 'succeeded', output: 0 })
    expect(compute.submissions.map(({ name }) => name)).toEqual(['train-1', 'train-1'])
    expect(compute.terminations).toEqual([])
  })

  it('counts the time limit of a machine from its start, also over a restart', async () => {
    const clock = createVirtualClock()
    const machine = machineOf({ W: { Type: 'Wait', Seconds: 3_600, End: true } }, { TimeoutSeconds: 100 })
    const first = openWorkflows([machine], {}, { clock })
    for (const name of ['run-1', 'run-2']) await first.workflows.start({ machine: 'test', name, input: {} })
    await clock.advance(60_000)
    await first.workflows.close()
    const second = openWorkflows([machine], {}, { clock, database: first.database })
    await second.workflows.resume()
    await clock.advance(39_000)
    expect(await second.workflows.describe('run-1')).toMatchObject({ status: 'running' })
    await second.workflows.close()
    await clock.advance(1_000)
    const third = openWorkflows([machine], {}, { clock, database: first.database })
    await third.workflows.resume()
    for (const name of ['run-1', 'run-2'])
      expect(await third.workflows.settle(name)).toMatchObject({
        status: 'timed_out',
        error: 'States.Timeout',
        stoppedAt: '2026-01-01T00:01:40.000Z',
      })
  })

  it('does not start what was stopped while it was closed', async () => {
    const calls: string[] = []
    const machine = machineOf({ T: call('note') })
    const note = () => {
      calls.push('called')
      return null
    }
    const first = openWorkflows([machine], { note })
    const starting = first.workflows.start({ machine: 'test', name: 'run-1', input: {} })
    await first.workflows.close()
    await starting
    const second = openWorkflows([machine], { note }, { database: first.database })
    await second.workflows.stop('run-1', 'not wanted')
    await second.workflows.resume()
    await second.workflows.idle()
    expect(await second.workflows.describe('run-1')).toMatchObject({ status: 'aborted' })
    expect(calls).toEqual([])
  })
})
