import { describe, expect, it } from 'vitest'
import { decideRetry, type Exit, exitRules } from '../../core/jobs/exit-rules.ts'
import { type EvaluateOnExit, evaluateOnExit } from './support/evaluate-on-exit.ts'
import { configs, ofType, synth } from './support/synth.ts'

interface Definition {
  JobDefinitionName: string
  RetryStrategy: { Attempts: number; EvaluateOnExit: EvaluateOnExit[] }
  Timeout: { AttemptDurationSeconds: number }
  SchedulingPriority: number
  PropagateTags: boolean
  Tags: Record<string, string>
  ContainerProperties: Record<string, unknown>
}

const { compute } = synth('dev').templates
const everyDefinition = compute
  ? ofType(compute, 'AWS::Batch::JobDefinition').map(([, each]) => each as unknown as Definition)
  : []
/** Of trainers. */
const definitions = everyDefinition.filter(({ JobDefinitionName }) => JobDefinitionName !== 'sluice-dev-data-builder')
const named = (name: string) => {
  const found = definitions.find((each) => each.JobDefinitionName === name)
  if (!found) throw new Error(`no job definition ${name}`)
  return found
}

it('there is one for each trainer of the config, named after the stage', () => {
  expect(definitions.map((each) => each.JobDefinitionName)).toEqual(['sluice-dev-trl', 'sluice-dev-cpu'])
  expect(synth('dev').stacks.compute.definitionPrefix).toBe('sluice-dev-')
  expect(ofType(synth('prod').templates.compute ?? { Resources: {} }, 'AWS::Batch::JobDefinition')).toEqual([])
})

it('says what the config says: image, GPUs, CPUs, memory, shared memory, which is half of the memory unless told', () => {
  const [trl, cpu] = configs.dev.trainers
  expect(named('sluice-dev-trl').ContainerProperties).toMatchObject({
    Image: trl?.image,
    Privileged: false,
    ResourceRequirements: [
      { Type: 'VCPU', Value: '4' },
      { Type: 'MEMORY', Value: '14000' },
      { Type: 'GPU', Value: '1' },
    ],
    LinuxParameters: { InitProcessEnabled: true, SharedMemorySize: 7000 },
  })
  expect(named('sluice-dev-cpu').ContainerProperties).toMatchObject({
    Image: cpu?.image,
    ResourceRequirements: [
      { Type: 'VCPU', Value: '2' },
      { Type: 'MEMORY', Value: '4096' },
    ],
    LinuxParameters: { SharedMemorySize: 256 },
  })
})

it('always ends, is found by its tags, and may wait in a queue with shares', () => {
  for (const definition of definitions) {
    expect(definition.Timeout.AttemptDurationSeconds).toBe(86_400)
    expect(definition).toMatchObject({ SchedulingPriority: 1, PropagateTags: true })
  }
  expect(named('sluice-dev-cpu').Tags).toEqual({ 'sluice:trainer': 'cpu', 'sluice:stage': 'dev' })
})

it('writes into the log group of jobs, one stream for each container', () => {
  expect(named('sluice-dev-trl').ContainerProperties.LogConfiguration).toEqual({
    LogDriver: 'awslogs',
    Options: {
      'awslogs-group': { Ref: expect.stringMatching(/^JobLog/) },
      'awslogs-region': { Ref: 'AWS::Region' },
      'awslogs-stream-prefix': 'trl',
    },
  })
})

describe('what AWS Batch retries by itself', () => {
  // By the rule of the table that takes it. A container that ran has an exit code.
  const exits: Exit[] = [
    { code: null, reason: 'Host EC2 (instance i-0123456789abcdef0) terminated.' },
    { code: null, reason: 'Batch.ServerException: Service Unavailable' },
    { code: null, reason: 'Host process lost' },
    { code: null, reason: 'CannotPullContainerError: pull access denied' },
    { code: null, reason: 'DockerTimeoutError: Could not transition to started; timed out after waiting 4m0s' },
    { code: 137, reason: 'Job attempt duration exceeded timeout' },
    {
      code: null,
      reason: 'Canceled by JobStateTimeLimit action due to reason: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
    },
    {
      code: null,
      reason: 'Canceled by JobStateTimeLimit action due to reason: MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
    },
    { code: null, reason: 'the job is over' },
    { code: 143, reason: 'The Task state in AWS Step Functions execution was aborted' },
    ...[75, 64, 65, 70, 143, 137, 1].map((code) => ({ code, reason: 'Essential container in task exited' })),
  ]

  const judge = (entries: EvaluateOnExit[], { code, reason }: Exit) =>
    evaluateOnExit(entries, { reason, statusReason: reason, ...(code !== null && { exitCode: code }) })
  const ruleOf = (exit: Exit) => exitRules.find((rule) => rule.matches(exit))

  it('is told apart here for every rule of the exit table', () => {
    expect(
      exitRules.filter((rule) => !exits.some((exit) => ruleOf(exit) === rule)).map((rule) => rule.meaning),
    ).toEqual([])
  })

  it.each(exits)('agrees with the exit table on $code $reason', (exit) => {
    for (const { RetryStrategy } of definitions) expect(disagreement(RetryStrategy.EvaluateOnExit, exit)).toBe('')
  })

  it('is only what failed before the trainer started', () => {
    const [entries = []] = definitions.map(({ RetryStrategy }) => RetryStrategy.EvaluateOnExit)
    const retried = exits.filter((exit) => judge(entries, exit) === 'RETRY')
    expect(retried.map(({ reason }) => reason.split(':')[0])).toEqual([
      'CannotPullContainerError',
      'DockerTimeoutError',
    ])
  })

  it('is not a host that was reclaimed before its container could say a reason', () => {
    for (const { RetryStrategy } of definitions)
      expect(
        evaluateOnExit(RetryStrategy.EvaluateOnExit, { statusReason: 'Host EC2 (instance i-0) terminated.' }),
      ).toBe('EXIT')
  })

  it.each([
    [{ OnExitCode: '70', Action: 'RETRY' }],
    [{ OnExitCode: '137', Action: 'RETRY' }],
    [{ OnReason: 'Job attempt*', Action: 'RETRY' }],
    [{ OnReason: '*', Action: 'RETRY' }],
  ])('a planted entry %j is found to disagree', (planted) => {
    const entries = [planted, { OnReason: '*', Action: 'EXIT' }]
    expect(exits.filter((exit) => disagreement(entries, exit)).length).toBeGreaterThan(0)
  })

  it('a strategy without its last entries is found to disagree: no match means RETRY', () => {
    const entries = named('sluice-dev-trl').RetryStrategy.EvaluateOnExit.slice(0, -2)
    expect(exits.filter((exit) => disagreement(entries, exit)).length).toBeGreaterThan(0)
  })

  it('is said in the words that Batch knows: at most 5 entries, * only at the end, EXIT for everything else', () => {
    for (const { RetryStrategy } of definitions) {
      const entries = RetryStrategy.EvaluateOnExit
      expect(entries.length).toBeLessThanOrEqual(5)
      expect(entries.slice(-2)).toEqual([
        { OnReason: '*', Action: 'EXIT' },
        { OnStatusReason: '*', Action: 'EXIT' },
      ])
      for (const { Action, ...patterns } of entries)
        for (const pattern of Object.values(patterns)) expect(pattern.slice(0, -1)).not.toContain('*')
      expect(RetryStrategy.Attempts).toBeGreaterThan(1)
      expect(RetryStrategy.Attempts).toBeLessThanOrEqual(10)
    }
  })

  function disagreement(entries: EvaluateOnExit[], exit: Exit): string {
    if (judge(entries, exit) !== 'RETRY') return ''
    const rule = ruleOf(exit)
    if (rule?.retry !== 'always') return `Batch retries "${exit.reason}" ${exit.code}, the table says ${rule?.retry}`
    const input = {
      exit,
      attempts: 1,
      maxAttempts: 5,
      progressed: false,
      repeated: true,
      capacity: 'on_demand',
    } as const
    return decideRetry(input).retry ? '' : `Batch retries "${exit.reason}", the table does not`
  }
})
