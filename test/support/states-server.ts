import { loadMachine } from '../../adapters/embedded/asl/load.ts'
import type { EmbeddedWorkflows } from '../../adapters/embedded/workflows.ts'
import type { Execution, ExecutionStatus, Json, JsonObject } from '../../core/platform/ports.ts'
import type { Handlers } from './asl-run.ts'
import { openWorkflows } from './asl-workflows.ts'
import { type AwsCall, AwsError, type AwsServer, serveAws } from './batch-http.ts'

export interface StatesServer extends AwsServer {
  /** Machine name to the ARN of its alias `live`. */
  machines: Record<string, string>
}

interface Deployed {
  arn: string
  workflows: EmbeddedWorkflows
  /** Input as it was sent, by execution name. */
  inputs: Map<string, string>
}

const ACCOUNT = 'arn:aws:states:us-east-1:123456789012'
const ALIAS = 'live'
const statuses: Record<ExecutionStatus, string> = {
  // Step Functions has no line: an execution runs as soon as it is started.
  pending: 'RUNNING',
  running: 'RUNNING',
  succeeded: 'SUCCEEDED',
  failed: 'FAILED',
  timed_out: 'TIMED_OUT',
  aborted: 'ABORTED',
}

/**
 * Step Functions as its documentation has it (StartExecution, DescribeExecution, StopExecution), over the embedded interpreter, one
 * driver per machine because names are unique per machine.
 */
export async function startStatesServer(machines: Record<string, object>, functions: Handlers): Promise<StatesServer> {
  const databases: { close(): void }[] = []
  const deployed = Object.entries(machines).map(([name, definition]): Deployed => {
    const { workflows, database } = openWorkflows([loadMachine(name, definition, {})], functions)
    databases.push(database)
    return { arn: `${ACCOUNT}:stateMachine:${name}`, workflows, inputs: new Map() }
  })
  const operations: Record<string, (input: JsonObject) => Promise<Json>> = {
    StartExecution: start,
    DescribeExecution: describe,
    StopExecution: stop,
  }
  const server = await serveAws(async ({ operation, input }: AwsCall) => {
    const serve = operations[operation]
    if (!serve) throw new AwsError('UnknownOperationException', `${operation} is not served`)
    return serve(input)
  })
  return {
    ...server,
    machines: Object.fromEntries(
      Object.keys(machines).map((name) => [name, `${ACCOUNT}:stateMachine:${name}:${ALIAS}`]),
    ),
    async stop() {
      await server.stop()
      await Promise.all(deployed.map(({ workflows }) => workflows.close()))
      for (const database of databases) database.close()
    },
  }

  /** Idempotent for a name with the same input while it runs; everything else of that name exists already. */
  async function start({ stateMachineArn, name, input = '{}' }: JsonObject): Promise<Json> {
    const { arn, workflows, inputs } = machineOf(String(stateMachineArn))
    if (typeof name !== 'string' || !/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/]{1,80}$/.test(name))
      throw new AwsError('InvalidName', `Invalid Name: '${name}'`)
    const value = parsed(String(input))
    const known = await workflows.describe(name)
    if (known && (hasEnded(known) || inputs.get(name) !== input))
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${executionArn(arn, name)}'`)
    if (!known) inputs.set(name, String(input))
    const execution = known ?? (await workflows.start({ machine: machineName(arn), name, input: value }))
    return { executionArn: executionArn(arn, name), startDate: seconds(execution.startedAt) }
  }

  async function describe(input: JsonObject): Promise<Json> {
    const { machine, execution } = await executionOf(String(input.executionArn))
    const { name, output, error, cause, stoppedAt } = execution
    return {
      executionArn: executionArn(machine.arn, name),
      stateMachineArn: machine.arn,
      stateMachineAliasArn: `${machine.arn}:${ALIAS}`,
      name,
      status: statuses[execution.status],
      startDate: seconds(execution.startedAt),
      input: machine.inputs.get(name) ?? '{}',
      inputDetails: { included: true },
      ...(output !== undefined && { output: JSON.stringify(output), outputDetails: { included: true } }),
      ...(error !== undefined && { error }),
      ...(cause !== undefined && { cause }),
      ...(stoppedAt !== undefined && { stopDate: seconds(stoppedAt) }),
    }
  }

  async function stop(input: JsonObject): Promise<Json> {
    const { machine, execution } = await executionOf(String(input.executionArn))
    await machine.workflows.stop(execution.name, String(input.cause ?? ''))
    const stopped = await machine.workflows.describe(execution.name)
    return { stopDate: seconds(stopped?.stoppedAt ?? execution.startedAt) }
  }

  function machineOf(arn: string): Deployed {
    const found = deployed.find((each) => each.arn === arn || `${each.arn}:${ALIAS}` === arn)
    if (!found) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`)
    return found
  }

  async function executionOf(arn: string): Promise<{ machine: Deployed; execution: Execution }> {
    const [, machine, name] = /:execution:([^:]+):([^:]+)$/.exec(arn) ?? []
    if (machine === undefined || name === undefined) throw new AwsError('InvalidArn', `Invalid Arn: '${arn}'`)
    const found = deployed.find((each) => machineName(each.arn) === machine)
    const execution = await found?.workflows.describe(name)
    if (!found || !execution) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`)
    return { machine: found, execution }
  }
}

function hasEnded({ status }: Execution): boolean {
  return status !== 'pending' && status !== 'running'
}

function machineName(arn: string): string {
  return arn.slice(arn.lastIndexOf(':') + 1)
}

function executionArn(machineArn: string, name: string): string {
  return `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`
}

/** Times on the wire are epoch seconds with a fraction. */
function seconds(iso: string): number {
  return Date.parse(iso) / 1_000
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    throw new AwsError('InvalidExecutionInput', 'Invalid State Machine Execution Input')
  }
}
