import { DescribeExecutionCommand, SFNClient, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn'
import { mockClient } from 'aws-sdk-client-mock'
import * as fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { executionArn } from '../../adapters/aws/sfn-arn.ts'
import { createWorkflows } from '../../adapters/aws/workflows.ts'
import type { Workflows } from '../../core/platform/ports.ts'

const account = 'arn:aws:states:us-east-1:123456789012'
const machines = {
  pipeline: `${account}:stateMachine:sluice-pipeline:live`,
  nightly: `${account}:stateMachine:nightly`,
}
const onPipeline = { executionArn: `${account}:execution:sluice-pipeline:job-1` }
const onNightly = { executionArn: `${account}:execution:nightly:job-1` }
const startDate = new Date('2026-01-01T00:00:00.125Z')
const running = { status: 'RUNNING' as const, startDate, input: '{"n":1}' }
const ended = { ...running, status: 'SUCCEEDED' as const, stopDate: startDate }
const start = { machine: 'pipeline', name: 'job-1', input: { n: 1 } }

const error = (name: string, more: object = {}) => Object.assign(new Error(`${name} of AWS`), { name, ...more })
const missing = error('ExecutionDoesNotExist')

describe('Workflows on Step Functions, when calls fail', () => {
  const sfn = mockClient(SFNClient)
  let workflows: Workflows

  beforeEach(() => {
    sfn.reset()
    sfn.on(DescribeExecutionCommand).rejects(missing)
    sfn.on(StopExecutionCommand).rejects(missing)
    workflows = createWorkflows({ sfn: new SFNClient({ region: 'us-east-1' }), machines })
  })

  const inputs = () => sfn.commandCalls(StartExecutionCommand).map(({ args: [{ input }] }) => input)

  it('starts by the alias, with the same bytes for equal inputs', async () => {
    sfn.on(StartExecutionCommand).resolves({ startDate, executionArn: onPipeline.executionArn })
    await workflows.start({ ...start, input: { a: [1, { c: 2, b: 3 }], d: 'é' } })
    const started = await workflows.start({ ...start, input: { d: 'é', a: [1, { b: 3, c: 2 }] } })
    expect(started).toMatchObject({ status: 'running', startedAt: '2026-01-01T00:00:00.125Z' })
    const [first, second] = inputs()
    expect(first).toEqual({
      stateMachineArn: machines.pipeline,
      name: 'job-1',
      input: '{"a":[1,{"b":3,"c":2}],"d":"é"}',
    })
    expect(second).toEqual(first)
  })

  it('returns the first execution of the name, whatever became of it', async () => {
    sfn.on(StartExecutionCommand).rejects(error('ExecutionAlreadyExists'))
    sfn
      .on(DescribeExecutionCommand, onPipeline)
      .resolvesOnce(running)
      .resolves({
        ...running,
        status: 'TIMED_OUT',
        stopDate: startDate,
      })
    expect(await workflows.start(start)).toMatchObject({ status: 'running', input: { n: 1 } })
    expect(await workflows.start(start)).toMatchObject({ status: 'timed_out', stoppedAt: startDate.toISOString() })
  })

  it('is busy where an execution exists that is not shown yet', async () => {
    sfn.on(StartExecutionCommand).rejects(error('ExecutionAlreadyExists'))
    await expect(workflows.start(start)).rejects.toMatchObject({ code: 'busy' })
  })

  it.each([
    error('ThrottlingException', { $metadata: { httpStatusCode: 400 } }),
    error('KmsThrottlingException'),
    error('ExecutionLimitExceeded'),
    error('InternalFailure', { $metadata: { httpStatusCode: 500 } }),
    error('TimeoutError'),
  ])('is busy when $message outlasts the retries', async (failure) => {
    sfn.onAnyCommand().rejects(failure)
    for (const call of [workflows.start(start), workflows.describe('job-1'), workflows.stop('job-1', 'x')])
      await expect(call).rejects.toMatchObject({ code: 'busy', cause: failure })
  })

  it('names the machine that is configured but not deployed', async () => {
    sfn.on(StartExecutionCommand).rejects(error('StateMachineDoesNotExist'))
    await expect(workflows.start(start)).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining(machines.pipeline),
    })
  })

  it('refuses names and inputs that Step Functions would refuse, before it asks', async () => {
    for (const name of ['', 'a b', 'a:b', 'é', 'x'.repeat(81)]) {
      await expect(workflows.start({ ...start, name })).rejects.toMatchObject({ code: 'invalid' })
      expect(await workflows.describe(name)).toBeUndefined()
      await expect(workflows.stop(name, 'x')).rejects.toMatchObject({ code: 'not_found' })
    }
    const input = 'é'.repeat(131_072)
    await expect(workflows.start({ ...start, input })).rejects.toMatchObject({ code: 'too_large' })
    expect(sfn.calls()).toHaveLength(0)
  })

  it('looks on every machine, and tells every status', async () => {
    const statuses = ['RUNNING', 'PENDING_REDRIVE', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] as const
    const told = []
    for (const status of statuses) {
      sfn.on(DescribeExecutionCommand, onNightly).resolves({ ...running, status, output: '[1]', error: 'E', cause: '' })
      told.push(await workflows.describe('job-1'))
    }
    expect(told.map((each) => each?.status)).toEqual([
      'running',
      'pending',
      'succeeded',
      'failed',
      'timed_out',
      'aborted',
    ])
    expect(told[0]).toEqual({
      name: 'job-1',
      machine: 'nightly',
      status: 'running',
      input: { n: 1 },
      output: [1],
      error: 'E',
      startedAt: '2026-01-01T00:00:00.125Z',
    })
  })

  it('says what is missing where the input may not be read', async () => {
    sfn.on(DescribeExecutionCommand).resolves({ status: 'RUNNING', startDate, inputDetails: { included: false } })
    await expect(workflows.describe('job-1')).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('kms:Decrypt'),
    })
  })

  it('stops what has started but is not shown yet', async () => {
    sfn.on(StopExecutionCommand, onNightly).resolves({ stopDate: startDate })
    await workflows.stop('job-1', 'enough')
    expect(sfn.commandCalls(StopExecutionCommand).at(-1)?.args[0].input).toEqual({ ...onNightly, cause: 'enough' })
  })

  it('leaves an execution alone that has ended', async () => {
    sfn.on(DescribeExecutionCommand, onPipeline).resolves(ended)
    await workflows.stop('job-1', 'too late')
    expect(sfn.commandCalls(StopExecutionCommand)).toHaveLength(0)
  })

  it('takes no offence when the execution ends before StopExecution reaches it', async () => {
    sfn.on(StopExecutionCommand).rejects(error('ValidationException'))
    sfn.on(DescribeExecutionCommand, onPipeline).resolvesOnce(running).resolvesOnce(ended).resolves(running)
    await workflows.stop('job-1', 'too late')
    expect(sfn.commandCalls(StopExecutionCommand)).toHaveLength(1)
    await expect(workflows.stop('job-1', 'in vain')).rejects.toMatchObject({ code: 'internal' })
  })

  it('derives the ARN of an execution from that of a machine, an alias or a version', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/)
    const partition = fc.constantFrom('aws', 'aws-cn', 'aws-us-gov')
    fc.assert(
      fc.property(partition, word, fc.option(word, { nil: undefined }), word, (where, machine, qualifier, name) => {
        const prefix = `arn:${where}:states:eu-west-1:123456789012`
        const arn = `${prefix}:stateMachine:${machine}${qualifier === undefined ? '' : `:${qualifier}`}`
        expect(executionArn(arn, name)).toBe(`${prefix}:execution:${machine}:${name}`)
      }),
    )
    for (const arn of ['', 'pipeline', `${account}:execution:pipeline:x`, `${account}:stateMachine:pipeline/map`])
      expect(() => executionArn(arn, 'x')).toThrow(/SLUICE_STATE_MACHINES/)
  })
})
