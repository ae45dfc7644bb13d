import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { manifest } from '../../functions/manifest.ts'
import { pascalCase } from '../../infra/constructs/function.ts'
import { jobTag } from '../../infra/constructs/terminate-jobs.ts'
import { type Block, type LintContext, lintMachine, type State } from '../support/asl-lint.ts'
import { ofType, synth } from './support/synth.ts'

const files = readdirSync('state-machines').filter((file) => file.endsWith('.asl.json'))
const read = (file: string) => JSON.parse(readFileSync(`state-machines/${file}`, 'utf8')) as Block

const { pipeline, compute } = synth('dev').templates
if (!pipeline || !compute) throw new Error('the app has no stack pipeline or compute')
const machines = ofType(pipeline, 'AWS::StepFunctions::StateMachine').map(([, properties]) => properties)
const queues = ofType(compute, 'AWS::Batch::JobQueue').map(([, properties]) => properties)

const queueOf = {
  SpotJobQueue: 'sluice-dev-spot',
  OnDemandJobQueue: 'sluice-dev-on-demand',
  DataJobQueue: 'sluice-dev-data',
}

const deployed: LintContext = {
  substitutions: machines.flatMap((machine) => Object.keys(machine.DefinitionSubstitutions as object)),
  sharedQueues: Object.entries(queueOf)
    .filter(([, name]) =>
      queues.some((queue) => queue.JobQueueName === name && queue.SchedulingPolicyArn !== undefined),
    )
    .map(([placeholder]) => placeholder),
  jobTag,
  functionSeconds: Object.fromEntries(manifest.map(({ name, timeoutSeconds }) => [pascalCase(name), timeoutSeconds])),
}

describe('every state machine', () => {
  it('is deployed, as the file has it', () => {
    const definitions = machines.map((machine) => JSON.parse(machine.DefinitionString as string))
    expect(definitions).toEqual(files.map(read))
  })

  it.each(files)('%s is clean, with the substitutions, queues and functions that deploy', (file) => {
    expect(lintMachine(read(file), deployed)).toEqual([])
  })

  it('trains on queues with shares, and builds on one without', () => {
    expect(deployed.sharedQueues).toEqual(['SpotJobQueue', 'OnDemandJobQueue'])
    expect(queues.map(({ JobQueueName }) => JobQueueName).toSorted()).toEqual(Object.values(queueOf).toSorted())
  })
})

describe('the linter goes red on a planted fault', () => {
  const file = 'training-pipeline.asl.json'
  const faults: [string, (machine: Planted) => void, RegExp, Partial<LintContext>?][] = [
    ['a start that is missing', ({ top }) => Object.assign(top, { StartAt: 'Nowhere' }), /StartAt Nowhere does not/],
    ['a next state that is missing', ({ task }) => Object.assign(task, { Next: 'Nowhere' }), /leads to Nowhere/],
    ['a state that nothing leads to', ({ branch }) => Object.assign(branch.States, { Lost: fail }), /Lost: nothing/],
    ['a state without a way on', ({ task }) => delete task.Next, /needs either Next or End/],
    ['a state with two ways on', ({ task }) => Object.assign(task, { End: true }), /needs either Next or End/],
    ['a choice without a default', ({ choice }) => delete choice.Default, /no Default/],
    [
      'a placeholder without a value',
      () => undefined,
      /\$\{RegisterModel\}: no substitution/,
      without('RegisterModel'),
    ],
    ['a machine without a time limit', ({ top }) => delete top.TimeoutSeconds, /machine: no TimeoutSeconds/],
    ['a task without a time limit', ({ task }) => delete task.TimeoutSeconds, /PreflightRound1: no TimeoutSeconds/],
    [
      'a task shorter than its function',
      ({ task }) => Object.assign(task, { TimeoutSeconds: 899 }),
      /waits 899 s for a/,
    ],
    ['a task that gives up on throttling', ({ task }) => delete task.Retry, /no Retry on Lambda.TooManyRequests/],
    ['a task that calls nobody', ({ task }) => Object.assign(task, { Arguments: {} }), /undefined is no function/],
    ['a pipeline without a catch', ({ top }) => delete top.States.Pipeline?.Catch, /Round1: no Catch of States.ALL/],
    ['a catch of what cannot be caught', ({ task }) => catchRuntime(task), /States.Runtime cannot be caught/],
    ['a job that nobody waits for', ({ job }) => Object.assign(job, { Resource: submit }), /does not wait for its job/],
    ['a job without a queue', ({ job }) => delete job.Arguments?.JobQueue, /Train: no JobQueue/],
    ['a job without a time limit', ({ job }) => delete job.Arguments?.Timeout, /Train: no Timeout$/m],
    [
      'a job submitted again after it failed',
      ({ job }) => retry(job, 'States.TaskFailed'),
      /Retry on States.TaskFailed would start/,
    ],
    [
      'a job submitted again after its answer was lost',
      ({ job }) => retry(job, 'Batch.ServerException'),
      /Retry on Batch.ServerException would/,
    ],
    ['a job whose answer may be lost', ({ job }) => delete job.Catch, /no Catch on Batch.ServerException/],
    ['a job that gives up on throttling', ({ job }) => delete job.Retry, /no Retry on Batch.TooManyRequests/],
    ['a job without a share', ({ job }) => delete job.Arguments?.ShareIdentifier, /no ShareIdentifier, the queue has/],
    ['a job without its tag', ({ job }) => delete job.Arguments?.Tags, /Train: no tag sluice:job/],
    ['a share for a queue without shares', () => undefined, /ShareIdentifier, the queue has no/, { sharedQueues: [] }],
  ]

  it.each(faults)('%s', (_, plant, problem, context = {}) => {
    const machine = read(file)
    plant(partsOf(machine))
    expect(lintMachine(machine, { ...deployed, ...context }).join('\n')).toMatch(problem)
  })
})

interface Planted {
  top: Partial<Block> & { States: Record<string, State>; TimeoutSeconds?: number }
  branch: Block
  task: State
  choice: State
  job: State
}

const submit = 'arn:aws:states:::batch:submitJob'
const fail: State = { Type: 'Fail' }

function partsOf(top: Block): Planted {
  const branch = existing(top.States.Pipeline?.Branches?.[0])
  const stages = existing(existing(branch.States.Stages).ItemProcessor)
  return {
    top,
    branch,
    task: existing(branch.States.PreflightRound1),
    choice: existing(branch.States.PreflightPassed),
    job: existing(stages.States.Train),
  }
}

function existing<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('the machine has no such part')
  return part
}

function catchRuntime(state: State): void {
  state.Catch = [{ ErrorEquals: ['States.Runtime'], Next: 'PreflightRound2' }]
}

function retry(state: State, error: string): void {
  state.Retry?.push({ ErrorEquals: [error] })
}

function without(name: string): Partial<LintContext> {
  return { substitutions: deployed.substitutions.filter((each) => each !== name) }
}
