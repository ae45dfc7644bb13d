import { readdirSync } from 'node:fs'
import type { EventBus } from 'aws-cdk-lib/aws-events'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { type CfnStateMachineAlias, type IStateMachine, StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { type App, Stack } from 'aws-cdk-lib/core'
import { type Deployable, manifest } from '../../functions/manifest.ts'
import { builderName, type Config } from '../config.ts'
import { addEventPlumbing } from '../constructs/events/plumbing.ts'
import { pascalCase, SluiceFunction } from '../constructs/function.ts'
import type { MachineJobs } from '../constructs/machine-statements.ts'
import { Machine } from '../constructs/state-machine.ts'
import type { Wiring } from '../constructs/wiring.ts'
import type { ComputeStack } from './compute-stack.ts'
import type { DataStack } from './data-stack.ts'

/** What happens to a job and to a build: the steps, the machines that call them, and the consumers of events. */
export class PipelineStack extends Stack {
  /** Of the families `steps` and `events`, by name. */
  readonly functions: Record<string, LambdaFunction> = {}
  /** By the name of their file. */
  readonly machines: Record<string, Machine>
  /** The machine of jobs, and the alias by which it is started. */
  readonly machine: IStateMachine
  readonly alias: CfnStateMachineAlias
  readonly machineArns: string[]
  readonly bus: EventBus
  /** By consumer. */
  readonly deadLetters: Record<string, Queue>

  constructor(app: App, id: string, config: Config, { data, compute }: { data: DataStack; compute: ComputeStack }) {
    super(app, id, { ...(config.region && { env: { region: config.region } }) })
    const wiring: Wiring = { config, data, compute }
    this.addFamily('steps', wiring)
    this.machines = Object.fromEntries(machineNames().map((name) => [name, this.machineOf(name, wiring)]))
    this.addFamily('events', { ...wiring, pipeline: this })

    const machines = Object.values(this.machines)
    this.machineArns = machines.map(({ machine }) => machine.attrArn)
    const known = machines.map(({ machine }, at) =>
      StateMachine.fromStateMachineArn(this, `Known${at}`, machine.attrArn),
    )
    const job = machineNames().indexOf('training-pipeline')
    this.machine = known[job] as IStateMachine
    this.alias = (machines[job] as Machine).alias
    const plumbing = addEventPlumbing(this, { config, data, compute, functions: this.functions, machines: known })
    this.bus = plumbing.bus
    this.deadLetters = plumbing.deadLetters
  }

  private addFamily(family: Deployable['family'], wiring: Wiring): void {
    for (const deployable of manifest.filter((each) => each.family === family))
      this.functions[deployable.name] = new SluiceFunction(this, deployable, wiring).function
  }

  private machineOf(name: string, { config, compute }: Wiring): Machine {
    const steps = Object.fromEntries(Object.entries(this.functions).map(([step, fn]) => [pascalCase(step), fn]))
    const substitutions = {
      ...Object.fromEntries(Object.entries(steps).map(([placeholder, fn]) => [placeholder, fn.functionArn])),
      // Without spot there is one queue, and falling back to it changes nothing.
      SpotJobQueue: compute.queueArns[0] as string,
      OnDemandJobQueue: compute.queueArns.at(-1) as string,
      DataJobQueue: compute.dataQueueArn,
      JobDefinitionPrefix: compute.definitionPrefix,
    }
    return new Machine(this, pascalCase(name), { name, config, steps, substitutions, jobs: jobsOf(name, compute) })
  }
}

function jobsOf(machine: string, { queueArns, dataQueueArn, definitionPrefix }: Wiring['compute']): MachineJobs {
  if (machine === 'dataset-build')
    return { queueArns: [dataQueueArn], definitions: `${definitionPrefix}${builderName}*` }
  return { queueArns, definitions: `${definitionPrefix}*` }
}

function machineNames(): string[] {
  const suffix = '.asl.json'
  const files = readdirSync(new URL('../../state-machines/', import.meta.url))
  return files
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length))
    .toSorted()
}
