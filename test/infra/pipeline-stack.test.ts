import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { placeholdersOf } from '../../infra/constructs/substitutions.ts'
import { placeholder } from '../support/asl-definitions.ts'
import { type Statement, statementsOfRole } from './support/iam.ts'
import { render } from './support/render.ts'
import { type configs, ofType, synth, type TemplateJson } from './support/synth.ts'

const files = readdirSync('state-machines').filter((file) => file.endsWith('.asl.json'))
const pipelineOf = (name: keyof typeof configs): TemplateJson => synth(name).templates.pipeline ?? { Resources: {} }

const dev = pipelineOf('dev')
const machines = ofType(dev, 'AWS::StepFunctions::StateMachine')

describe('the state machines', () => {
  it('are those of the folder, as Standard workflows', () => {
    expect(machines.map(([, machine]) => `${machine.StateMachineName}.asl.json`)).toEqual(
      files.map((file) => `sluice-dev-${file}`),
    )
    for (const [, machine] of machines) expect(machine.StateMachineType).toBe('STANDARD')
  })

  it.each(machines)('%s has a value for each placeholder of its file, and for no other', (_, machine) => {
    const used = [...(machine.DefinitionString as string).matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name as string)
    const given = machine.DefinitionSubstitutions as Record<string, unknown>
    expect(Object.keys(given).toSorted()).toEqual([...new Set(used)].toSorted())
    expect(Object.values(given).map(render)).not.toContain('undefined')
  })

  it.each([
    ['dev', '{SpotQueueJobQueueArn}', '{OnDemandQueueJobQueueArn}'],
    ['full', '{OnDemandQueueJobQueueArn}', '{OnDemandQueueJobQueueArn}'],
  ] as const)('%s: the queues are %s and %s', (name, spot, onDemand) => {
    const values = (machine: string) =>
      ofType(pipelineOf(name), 'AWS::StepFunctions::StateMachine').find(([, { StateMachineName }]) =>
        String(StateMachineName).endsWith(machine),
      )?.[1].DefinitionSubstitutions as Record<string, unknown>
    const { SpotJobQueue, OnDemandJobQueue } = values('training-pipeline')
    expect([render(SpotJobQueue), render(OnDemandJobQueue)]).toEqual([spot, onDemand])
    expect(render(values('dataset-build').DataJobQueue)).toMatch(/^\{DataBuilderQueue/)
  })

  it('log errors without inputs and outputs, to a group that forgets', () => {
    for (const [, machine] of machines) {
      expect(machine.LoggingConfiguration).toMatchObject({ Level: 'ERROR', IncludeExecutionData: false })
      const destination = JSON.stringify(machine.LoggingConfiguration)
      const [, group = ''] = /"Fn::GetAtt":\["(\w+)","Arn"\]/.exec(destination) ?? []
      expect(dev.Resources[group]?.Properties).toMatchObject({
        LogGroupName: `/aws/vendedlogs/states/${machine.StateMachineName}`,
        RetentionInDays: 30,
      })
    }
  })

  it('are started by the alias live, whose version changes with every change and outlives the next one', () => {
    for (const [id] of machines) {
      const of = (type: string) => ofType(dev, type).filter(([each]) => each.startsWith(id.replace(/Machine\w+$/, '')))
      const [[version = '', properties] = []] = of('AWS::StepFunctions::StateMachineVersion')
      expect(properties?.StateMachineRevisionId).toEqual({ 'Fn::GetAtt': [id, 'StateMachineRevisionId'] })
      expect(dev.Resources[version]).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
      const [[, alias] = []] = of('AWS::StepFunctions::StateMachineAlias')
      expect(alias).toMatchObject({
        Name: 'live',
        RoutingConfiguration: [{ StateMachineVersionArn: { 'Fn::GetAtt': [version, 'Arn'] }, Weight: 100 }],
      })
    }
  })
})

describe('a placeholder', () => {
  it('without a value fails the synth, with its name and the ones that there are', () => {
    const values = { PrepareAttempt: 'arn' }
    expect(() => placeholdersOf('m', `${placeholder('PrepareAttempt')} ${placeholder('Nobody')}`, values)).toThrow(
      'state-machines/m.asl.json names Nobody: the placeholders are PrepareAttempt',
    )
  })

  it('that no file names gets no value, so that the templates say what is used', () => {
    expect(placeholdersOf('m', placeholder('A'), { A: '1', B: '2' })).toEqual({ A: '1' })
  })
})

const roles = machines.map(([, machine]) => {
  const role = /"Fn::GetAtt":\["(\w+)","Arn"\]/.exec(JSON.stringify(machine.RoleArn))?.[1] ?? ''
  const name = String(machine.StateMachineName).slice('sluice-dev-'.length)
  return { name, machine, statements: statementsOfRole(dev, role) }
})
const jobs: Record<string, string[]> = {
  'training-pipeline': [
    'arn:aws:batch:{Region}:{AccountId}:job-definition/sluice-dev-*',
    '{OnDemandQueueJobQueueArn}',
    '{SpotQueueJobQueueArn}',
  ],
  'dataset-build': [
    'arn:aws:batch:{Region}:{AccountId}:job-definition/sluice-dev-data-builder*',
    expect.stringMatching(/^\{DataBuilderQueue/),
  ],
}
const fewestSteps: Record<string, number> = { 'training-pipeline': 11, 'dataset-build': 4 }

describe.each(roles)('the role of the state machine $name', ({ name, machine, statements }) => {
  it('invokes the steps that its file names, and no other function', () => {
    const named = Object.entries(machine.DefinitionSubstitutions as Record<string, unknown>)
      .filter(([, value]) => JSON.stringify(value).includes('Function'))
      .map(([, value]) => render(value))
    const invoked = statements.filter(({ actions }) => actions.includes('lambda:InvokeFunction'))
    expect(invoked.flatMap(({ resources }) => resources).toSorted()).toEqual([...new Set(named)].toSorted())
    expect(named.length).toBeGreaterThanOrEqual(fewestSteps[name] ?? 0)
  })

  it('submits to its queues, from its definitions, whatever their revision', () => {
    const submit = statements.find(({ actions }) => actions.includes('batch:SubmitJob'))
    expect(submit?.resources.toSorted()).toEqual(jobs[name])
  })

  it('can wait for a job, and end it', () => {
    expect(missingForSync(statements)).toEqual([])
  })

  it.each([
    'batch:SubmitJob',
    'batch:DescribeJobs',
    'batch:TerminateJob',
    'batch:TagResource',
    'events:PutTargets',
    'events:PutRule',
    'events:DescribeRule',
  ])('without %s it could not, and that is found', (action) => {
    const poorer = statements.map((each) => ({ ...each, actions: each.actions.filter((one) => one !== action) }))
    expect(missingForSync(poorer)).toEqual([action])
  })

  it('may do nothing else', () => {
    const actions = statements
      .flatMap((each) => each.actions)
      .filter((action) => !/^logs:\w+(LogDeliver|ResourcePolic|LogGroups)/.test(action))
    expect(actions.toSorted()).toEqual(['lambda:InvokeFunction', ...Object.keys(sync)].toSorted())
  })
})

/** What Step Functions needs for `batch:submitJob.sync`, and on what. */
const sync: Record<string, RegExp> = {
  'batch:SubmitJob': /job-definition\/sluice-/,
  'batch:TagResource': /:job\/\*$/,
  'batch:DescribeJobs': /^\*$/,
  'batch:TerminateJob': /:job\/\*$/,
  'events:PutTargets': /:rule\/StepFunctionsGetEventsForBatchJobsRule$/,
  'events:PutRule': /:rule\/StepFunctionsGetEventsForBatchJobsRule$/,
  'events:DescribeRule': /:rule\/StepFunctionsGetEventsForBatchJobsRule$/,
}

function missingForSync(statements: Statement[]): string[] {
  const allows = (action: string, resource: RegExp) =>
    statements.some((each) => each.actions.includes(action) && each.resources.some((one) => resource.test(one)))
  return Object.entries(sync).flatMap(([action, resource]) => (allows(action, resource) ? [] : [action]))
}
