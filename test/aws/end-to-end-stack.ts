import { deployed } from '../infra/support/functions.ts'
import { render } from '../infra/support/render.ts'
import { type Route, router } from '../infra/support/rest-routes.ts'
import { ofType, synth, type TemplateJson } from '../infra/support/synth.ts'
import { tempDir } from '../support/temp-dir.ts'
import { MACHINE } from './end-to-end-states.ts'

/** Where the stand-ins hold what the stacks would make. */
export interface Places {
  controlTable: string
  metricsTable: string
  bucket: string
  /** ARNs, spot before on-demand. */
  queues: readonly string[]
  definitionPrefix: string
  logGroup: string
  signingKey: string
  scheduleGroup: string
  /** ARN; the alias is what executions are started by. */
  machine: string
  machineAlias: string
}

export interface Rule {
  consumer: string
  isOnProjectBus: boolean
  pattern: unknown
}

export interface DeployedStack {
  /** The environment of each function, by its name in the manifest. */
  functions: Map<string, Record<string, string>>
  rules: Rule[]
  pipe: { pattern: unknown; inputTemplate: string; source: string }
  machine: { definition: object; substitutions: Record<string, string> }
  route: (method: string, path: string) => Route | undefined
}

/** What the stacks of stage `dev` deploy, with the stand-ins' names in the place of what CloudFormation would put there. */
export function deployedStack(places: Places): DeployedStack {
  const { pipeline, api } = synth('dev').templates
  if (!pipeline || !api) throw new Error('the app has no stack pipeline or api')
  const names = new Map(deployed('dev').map(({ id, name }) => [id, name]))
  const fill = filler(places, names)
  const functions = deployed('dev').map(({ name, environment }): [string, Record<string, string>] => [
    name,
    renamed(filled(environment, fill), places),
  ])
  return {
    functions: new Map(functions),
    rules: ofType(pipeline, 'AWS::Events::Rule').map(([, { EventBusName, EventPattern, Targets }]) => ({
      consumer: functionName(fill((Targets as [{ Arn: unknown }])[0].Arn)),
      isOnProjectBus: EventBusName !== undefined,
      pattern: deeply(EventPattern, fill),
    })),
    pipe: pipeOf(pipeline),
    machine: machineOf(pipeline, fill, places),
    route: router(api, ofType(api, 'AWS::ApiGateway::RestApi')[0]?.[0] ?? ''),
  }
}

export function functionArn(name: string): string {
  return `arn:aws:lambda:us-east-1:123456789012:function:${name}`
}

function functionName(arn: string): string {
  return arn.slice(arn.lastIndexOf(':') + 1)
}

type Fill = (value: unknown) => string

/** The text of a template's value; what stands in braces after rendering is looked up by logical id. */
function filler(places: Places, functions: Map<string, string>): Fill {
  const known: [RegExp, string][] = [
    [/^Control$/, places.controlTable],
    [/^Metrics$/, places.metricsTable],
    [/^Blobs$/, places.bucket],
    [/^SpotQueue/, places.queues[0] ?? ''],
    [/^OnDemandQueue/, places.queues.at(-1) ?? ''],
    [/^JobLog$/, places.logGroup],
    [/^TicketKey\./, places.signingKey],
    // The stand-in of Batch has no queue for builds, and that of Step Functions no machine for them: no story here has one.
    [/^DataBuilderQueue/, places.queues.at(-1) ?? ''],
    [/^DatasetBuildLive/, places.machineAlias.replaceAll('training-pipeline', 'dataset-build')],
    [/^DatasetBuildMachine/, places.machine.replaceAll('training-pipeline', 'dataset-build')],
    [/^TrainingPipelineLive/, places.machineAlias],
    [/^TrainingPipelineMachine/, places.machine],
    [/^ScheduleRole/, 'arn:aws:iam::123456789012:role/ScheduleRole'],
    [/^deadletters/, 'arn:aws:sqs:us-east-1:123456789012:dead-letters'],
  ]
  return (value) =>
    render(value).replaceAll(/\{(\w[\w.]*)\}/g, (whole, token: string) => {
      const name = functions.get(token.replace(/\.Arn$/, ''))
      return name === undefined ? (known.find(([pattern]) => pattern.test(token))?.[1] ?? whole) : functionArn(name)
    })
}

function filled(values: Record<string, unknown>, fill: Fill): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fill(value)]))
}

/** What the stacks name themselves has another name on the stand-ins. */
function renamed(variables: Record<string, string>, places: Places): Record<string, string> {
  const own = {
    SLUICE_JOB_DEFINITION_PREFIX: places.definitionPrefix,
    SLUICE_SCHEDULE_GROUP: places.scheduleGroup,
    SLUICE_JOB_QUEUES: places.queues.join(','),
    // Each function has a machine of its own on AWS.
    SLUICE_SCRATCH: tempDir(),
  }
  return { ...variables, ...Object.fromEntries(Object.entries(own).filter(([name]) => name in variables)) }
}

function deeply(value: unknown, fill: Fill): unknown {
  if (Array.isArray(value)) return value.map((each) => deeply(each, fill))
  if (typeof value !== 'object' || value === null) return value
  const isToken = Object.keys(value).some((key) => key === 'Ref' || key.startsWith('Fn::'))
  return isToken
    ? fill(value)
    : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, deeply(inner, fill)]))
}

function pipeOf(template: TemplateJson): DeployedStack['pipe'] {
  const { SourceParameters, TargetParameters } = only(template, 'AWS::Pipes::Pipe') as unknown as {
    SourceParameters: { FilterCriteria: { Filters: [{ Pattern: string }] } }
    TargetParameters: { InputTemplate: string; EventBridgeEventBusParameters: { Source: string } }
  }
  return {
    pattern: JSON.parse(SourceParameters.FilterCriteria.Filters[0].Pattern),
    inputTemplate: TargetParameters.InputTemplate,
    source: TargetParameters.EventBridgeEventBusParameters.Source,
  }
}

function machineOf(template: TemplateJson, fill: Fill, { definitionPrefix }: Places): DeployedStack['machine'] {
  const machines = ofType(template, 'AWS::StepFunctions::StateMachine').map(([, each]) => each)
  const found = machines.find(({ StateMachineName }) => String(StateMachineName).endsWith(MACHINE))
  const { DefinitionString, DefinitionSubstitutions } = found as {
    DefinitionString: string
    DefinitionSubstitutions: Record<string, unknown>
  }
  return {
    definition: JSON.parse(DefinitionString),
    substitutions: { ...filled(DefinitionSubstitutions, fill), JobDefinitionPrefix: definitionPrefix },
  }
}

function only(template: TemplateJson, type: string): Record<string, unknown> {
  const [found] = ofType(template, type)
  if (!found) throw new Error(`the stack has no ${type}`)
  return found[1]
}
