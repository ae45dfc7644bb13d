import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Execution, Json, Workflows } from '../../core/platform/ports.ts'

/** Functions that a driver's test must be able to call by these names. */
export const contractFunctions: Record<string, (payload: Json) => Json | Promise<Json>> = {
  double: (payload) => Number(payload) * 2,
  refuse: (payload) => {
    throw Object.assign(new Error(`refused ${JSON.stringify(payload)}`), { name: 'refused' })
  },
}

const call = (name: string, more: object) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: name, Payload: '{% $states.input %}' },
  Output: '{% $states.result.Payload %}',
  ...more,
})

/** Machines that a driver's test must deploy under these names. */
export const contractMachines: Record<string, object> = {
  echo: { QueryLanguage: 'JSONata', StartAt: 'Echo', States: { Echo: { Type: 'Pass', End: true } } },
  'doubled-list': {
    QueryLanguage: 'JSONata',
    StartAt: 'Each',
    States: {
      Each: {
        Type: 'Map',
        ItemProcessor: { StartAt: 'Double', States: { Double: call('double', { End: true }) } },
        Next: 'Sum',
      },
      Sum: { Type: 'Succeed', Output: '{% {"doubled": $states.input, "sum": $sum($states.input)} %}' },
    },
  },
  refused: { QueryLanguage: 'JSONata', StartAt: 'Refuse', States: { Refuse: call('refuse', { End: true }) } },
  recovered: {
    QueryLanguage: 'JSONata',
    StartAt: 'Refuse',
    States: {
      Refuse: call('refuse', {
        Catch: [
          {
            ErrorEquals: ['refused'],
            Output: '{% $states.errorOutput.Error & ": " & $parse($states.errorOutput.Cause).errorMessage %}',
            Next: 'Recovered',
          },
        ],
        End: true,
      }),
      Recovered: { Type: 'Pass', End: true },
    },
  },
  'for-a-day': {
    QueryLanguage: 'JSONata',
    StartAt: 'Wait',
    States: { Wait: { Type: 'Wait', Seconds: 86400, End: true } },
  },
}

export interface WorkflowsHarness {
  workflows: Workflows
  /** The execution once it has ended. */
  settled(name: string): Promise<Execution>
  /** A name that no earlier test has used. */
  fresh(name: string): string
  dispose(): Promise<void>
}

/** The behaviour of the Workflows port, for every driver. */
export function workflowsContract(driver: string, setUp: () => Promise<WorkflowsHarness>): void {
  describe(`Workflows: ${driver}`, () => {
    let harness: WorkflowsHarness
    let workflows: Workflows

    beforeEach(async () => {
      harness = await setUp()
      workflows = harness.workflows
    })

    afterEach(() => harness.dispose())

    it('runs an execution to its output', async () => {
      const name = harness.fresh('list')
      const started = await workflows.start({ machine: 'doubled-list', name, input: [1, 2, 3] })
      expect(started).toMatchObject({
        name,
        machine: 'doubled-list',
        input: [1, 2, 3],
        status: expect.stringMatching(/^(pending|running)$/),
      })
      const ended = await harness.settled(name)
      expect(ended).toMatchObject({
        name,
        machine: 'doubled-list',
        status: 'succeeded',
        input: [1, 2, 3],
        output: { doubled: [2, 4, 6], sum: 12 },
        startedAt: started.startedAt,
      })
      expect(Date.parse(ended.stoppedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(ended.startedAt))
      expect(await workflows.describe(name)).toEqual(ended)
    })

    it('fails with the error and the cause of the state that failed', async () => {
      const name = harness.fresh('refused')
      await workflows.start({ machine: 'refused', name, input: { n: 1 } })
      const ended = await harness.settled(name)
      expect(ended).toMatchObject({ status: 'failed', error: 'refused' })
      expect(JSON.parse(ended.cause ?? '')).toMatchObject({ errorType: 'refused', errorMessage: 'refused {"n":1}' })
      expect(ended).not.toHaveProperty('output')
    })

    it('goes the way of a Catch', async () => {
      const name = harness.fresh('recovered')
      await workflows.start({ machine: 'recovered', name, input: 7 })
      expect(await harness.settled(name)).toMatchObject({ status: 'succeeded', output: 'refused: refused 7' })
    })

    it('returns the first execution for a second start of its name, while it runs and after it has ended', async () => {
      const waiting = harness.fresh('twin-waiting')
      const first = await workflows.start({ machine: 'for-a-day', name: waiting, input: 1 })
      const second = await workflows.start({ machine: 'for-a-day', name: waiting, input: 1 })
      expect(second).toMatchObject({ input: 1, startedAt: first.startedAt })
      await workflows.stop(waiting, 'end of test')

      const done = harness.fresh('twin-done')
      await workflows.start({ machine: 'echo', name: done, input: 'one' })
      const ended = await harness.settled(done)
      expect(await workflows.start({ machine: 'echo', name: done, input: 'one' })).toMatchObject({
        status: 'succeeded',
        startedAt: ended.startedAt,
      })
    })

    it('starts a name once, however many ask for it at the same time', async () => {
      const name = harness.fresh('race')
      const all = await Promise.all(
        Array.from({ length: 8 }, () => workflows.start({ machine: 'echo', name, input: 5 })),
      )
      expect(new Set(all.map(({ startedAt }) => startedAt)).size).toBe(1)
      expect(await harness.settled(name)).toMatchObject({ status: 'succeeded', output: 5 })
    })

    it('stops an execution, with the reason', async () => {
      const name = harness.fresh('stopped')
      await workflows.start({ machine: 'for-a-day', name, input: {} })
      await workflows.stop(name, 'cancelled by the owner')
      const ended = await harness.settled(name)
      expect(ended).toMatchObject({ status: 'aborted', cause: 'cancelled by the owner' })
      await workflows.stop(name, 'again')
      expect(await workflows.describe(name)).toEqual(ended)
    })

    it('leaves an execution that has ended as it is', async () => {
      const name = harness.fresh('done')
      await workflows.start({ machine: 'echo', name, input: {} })
      const ended = await harness.settled(name)
      await workflows.stop(name, 'too late')
      expect(await workflows.describe(name)).toEqual(ended)
    })

    it('keeps input and output as they are, whatever JSON they hold', async () => {
      const input = {
        text: 'é\u0000"\\😀',
        numbers: [0, -1.5, 1e300, 12345678901],
        nested: [[[{}]]],
        nothing: null,
        empty: '',
      }
      const name = harness.fresh('json')
      await workflows.start({ machine: 'echo', name, input })
      expect(await harness.settled(name)).toMatchObject({ input, output: input })
    })

    it('knows nothing of executions and machines that do not exist', async () => {
      const ghost = harness.fresh('ghost')
      expect(await workflows.describe(ghost)).toBeUndefined()
      await expect(workflows.stop(ghost, 'nobody')).rejects.toMatchObject({ code: 'not_found' })
      await expect(workflows.start({ machine: 'no-such-machine', name: ghost, input: {} })).rejects.toMatchObject({
        code: 'not_found',
      })
      expect(await workflows.describe(ghost)).toBeUndefined()
    })
  })
}
