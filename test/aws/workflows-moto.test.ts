import { CreateStateMachineCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createWorkflows } from '../../adapters/aws/workflows.ts'
import type { Workflows } from '../../core/platform/ports.ts'
import { contractMachines } from '../contract/workflows-contract.ts'
import { awsOptions, describeOnMoto, ownName } from '../support/moto.ts'

// moto runs no state: an execution is running until it is stopped.
describeOnMoto('Workflows: Step Functions, on moto', () => {
  let sfn: SFNClient
  let workflows: Workflows
  let machines: Record<string, string>

  beforeAll(async () => {
    sfn = new SFNClient(awsOptions())
    machines = { first: await deploy(), second: await deploy() }
    workflows = createWorkflows({ sfn, machines })
  })

  afterAll(() => sfn?.destroy())

  async function deploy(): Promise<string> {
    const { stateMachineArn = '' } = await sfn.send(
      new CreateStateMachineCommand({
        name: ownName('machine'),
        definition: JSON.stringify(contractMachines['for-a-day']),
        roleArn: 'arn:aws:iam::123456789012:role/any',
      }),
    )
    return stateMachineArn
  }

  it('starts an execution and finds it on whichever machine it runs', async () => {
    const name = ownName('run')
    const started = await workflows.start({ machine: 'second', name, input: { text: 'é"\\😀', list: [1, null] } })
    expect(started).toMatchObject({ name, machine: 'second', status: 'running' })
    expect(await workflows.describe(name)).toEqual(started)
  })

  it('returns the first execution for a second start of its name, whatever became of it', async () => {
    const name = ownName('twin')
    const first = await workflows.start({ machine: 'first', name, input: { a: 1, b: 2 } })
    expect(await workflows.start({ machine: 'first', name, input: { b: 2, a: 1 } })).toEqual(first)
    expect(await workflows.start({ machine: 'first', name, input: 'something else' })).toEqual(first)
    await workflows.stop(name, 'enough')
    const ended = await workflows.describe(name)
    expect(await workflows.start({ machine: 'first', name, input: { a: 1, b: 2 } })).toEqual(ended)
    const { executions } = await sfn.send(new ListExecutionsCommand({ stateMachineArn: machines.first }))
    expect(executions?.filter((each) => each.name === name)).toHaveLength(1)
  })

  it('stops an execution and leaves it as it is then', async () => {
    const name = ownName('stopped')
    const started = await workflows.start({ machine: 'second', name, input: {} })
    await workflows.stop(name, 'cancelled by the owner')
    const stopped = await workflows.describe(name)
    expect(stopped).toMatchObject({ status: 'aborted', startedAt: started.startedAt })
    expect(Date.parse(stopped?.stoppedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(started.startedAt))
    await workflows.stop(name, 'again')
    expect(await workflows.describe(name)).toEqual(stopped)
  })

  it('knows nothing of executions and machines that do not exist', async () => {
    const ghost = ownName('ghost')
    expect(await workflows.describe(ghost)).toBeUndefined()
    await expect(workflows.stop(ghost, 'nobody')).rejects.toMatchObject({ code: 'not_found' })
    await expect(workflows.start({ machine: 'third', name: ghost, input: {} })).rejects.toMatchObject({
      code: 'not_found',
    })
  })

  it('names a machine that is configured but not deployed', async () => {
    const gone = `${machines.first}-gone`
    const broken = createWorkflows({ sfn, machines: { gone } })
    await expect(broken.start({ machine: 'gone', name: ownName('run'), input: {} })).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining(gone),
    })
  })
})
