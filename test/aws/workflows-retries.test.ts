import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { contractFunctions, contractMachines } from '../contract/workflows-contract.ts'
import { AwsError } from '../support/batch-http.ts'
import { openStates, type StatesFixture } from '../support/states-fixture.ts'
import { type StatesServer, startStatesServer } from '../support/states-server.ts'

const throttled = new AwsError('ThrottlingException', 'Rate exceeded')

describe('Workflows on Step Functions, over connections that fail', () => {
  let server: StatesServer
  let fixture: StatesFixture

  beforeEach(async () => {
    server = await startStatesServer(contractMachines, contractFunctions)
    fixture = openStates(server.endpoint, server.machines)
  })

  afterEach(async () => {
    fixture.close()
    await server.stop()
  })

  it('outlasts a throttled second, and gives up after four attempts', async () => {
    server.failNext('StartExecution', throttled)
    await fixture.workflows.start({ machine: 'echo', name: 'patient', input: 1 })
    expect(server.calls.get('StartExecution')).toBe(2)
    const failure = new AwsError('InternalFailure', 'the service is down', 500)
    server.failNext('DescribeExecution', failure, failure, failure, failure)
    await expect(fixture.workflows.describe('patient')).rejects.toMatchObject({ code: 'busy' })
    expect(await fixture.settled('patient')).toMatchObject({ status: 'succeeded', output: 1 })
  })

  it('returns the first execution where the answer to StartExecution is lost, also when it has ended by then', async () => {
    server.failNext('StartExecution', 'answer lost')
    expect(await fixture.workflows.start({ machine: 'for-a-day', name: 'long', input: {} })).toMatchObject({
      status: 'running',
    })
    await fixture.workflows.stop('long', 'end of test')

    server.failNext('StartExecution', 'answer lost', throttled)
    const { startedAt } = await fixture.workflows.start({ machine: 'echo', name: 'short', input: 5 })
    expect(await fixture.settled('short')).toMatchObject({ status: 'succeeded', output: 5, startedAt })
    expect(server.calls.get('StartExecution')).toBe(5)
  })

  it('returns the first execution for another input', async () => {
    const first = await fixture.workflows.start({ machine: 'for-a-day', name: 'twin', input: 1 })
    expect(await fixture.workflows.start({ machine: 'for-a-day', name: 'twin', input: 2 })).toEqual(first)
    await fixture.workflows.stop('twin', 'end of test')
  })

  it('stops once where the answer to StopExecution is lost', async () => {
    await fixture.workflows.start({ machine: 'for-a-day', name: 'stopped', input: {} })
    server.failNext('StopExecution', 'answer lost')
    await fixture.workflows.stop('stopped', 'enough')
    expect(await fixture.workflows.describe('stopped')).toMatchObject({ status: 'aborted', cause: 'enough' })
  })
})
