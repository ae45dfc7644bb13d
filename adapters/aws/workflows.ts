import {
  DescribeExecutionCommand,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn'
import { canonicalJson } from '../../core/platform/digest.ts'
import { Fault } from '../../core/platform/fault.ts'
import type { Execution, Workflows } from '../../core/platform/ports.ts'
import { executionArn } from './sfn-arn.ts'
import { callSfn } from './sfn-call.ts'
import { executionOf, hasEnded } from './sfn-execution.ts'

export interface WorkflowsConfig {
  sfn: SFNClient
  /** Machine name to the ARN to start: an alias, a version or the machine itself. */
  machines: Record<string, string>
}

// What Step Functions can also log; it allows a few more characters.
const NAME = /^[A-Za-z0-9_-]{1,80}$/
const PAYLOAD_BYTES = 262_144
const CAUSE_CHARACTERS = 32_768

/**
 * State machines on Step Functions (Standard). Step Functions keeps names apart per machine and gives them free 90 days after the
 * end: use a name for one machine only. Fault `busy` when AWS throttles or cannot be reached, `internal` when it refuses.
 */
export function createWorkflows({ sfn, machines }: WorkflowsConfig): Workflows {
  const names = Object.keys(machines)

  return {
    async start({ machine, name, input }) {
      const arn = arnOf(machine)
      if (!NAME.test(name)) throw new Fault('invalid', `execution name "${name}" must be 1 to 80 of A-Z a-z 0-9 _ -`)
      const text = canonicalJson(input)
      if (Buffer.byteLength(text) > PAYLOAD_BYTES)
        throw new Fault(
          'too_large',
          `input of execution "${name}" is over ${PAYLOAD_BYTES} bytes: pass a reference to stored data`,
        )
      const started = await callSfn(
        `StartExecution of "${name}" of machine "${machine}" (${arn})`,
        () => sfn.send(new StartExecutionCommand({ stateMachineArn: arn, name, input: text })),
        { ExecutionAlreadyExists: () => undefined },
      )
      if (started?.startDate)
        return { name, machine, status: 'running', input, startedAt: started.startDate.toISOString() }
      const first = await describeOn(machine, name)
      if (!first)
        throw new Fault('busy', `execution "${name}" of "${machine}" exists, but is not shown yet; start it again`)
      return first
    },
    async describe(name) {
      return NAME.test(name) ? find(name) : undefined
    },
    async stop(name, reason) {
      const found = NAME.test(name) ? await find(name) : undefined
      if (found && hasEnded(found.status)) return
      // DescribeExecution may not show yet what has just started: only StopExecution knows that there is nothing.
      for (const machine of found ? [found.machine] : NAME.test(name) ? names : [])
        if (await stopOn(machine, name, reason)) return
      throw new Fault('not_found', `execution "${name}" does not exist`)
    },
  }

  /** Whether the machine has such an execution. */
  async function stopOn(machine: string, name: string, reason: string): Promise<boolean> {
    const input = { executionArn: executionArn(arnOf(machine), name), cause: reason.slice(0, CAUSE_CHARACTERS) }
    try {
      const stopped = await callSfn(
        `StopExecution of "${name}" of machine "${machine}"`,
        () => sfn.send(new StopExecutionCommand(input)),
        { ExecutionDoesNotExist: () => undefined },
      )
      return stopped !== undefined
    } catch (error) {
      const now = await describeOn(machine, name)
      // It ended by itself meanwhile.
      if (now && hasEnded(now.status)) return true
      throw error
    }
  }

  async function find(name: string): Promise<Execution | undefined> {
    for (const machine of names) {
      const execution = await describeOn(machine, name)
      if (execution) return execution
    }
    return undefined
  }

  async function describeOn(machine: string, name: string): Promise<Execution | undefined> {
    const described = await callSfn(
      `DescribeExecution of "${name}" of machine "${machine}"`,
      () =>
        sfn.send(
          new DescribeExecutionCommand({
            executionArn: executionArn(arnOf(machine), name),
            includedData: 'ALL_DATA',
          }),
        ),
      { ExecutionDoesNotExist: () => undefined },
    )
    return described && executionOf(machine, name, described)
  }

  function arnOf(machine: string): string {
    const arn = Object.hasOwn(machines, machine) ? machines[machine] : undefined
    if (arn === undefined)
      throw new Fault('not_found', `state machine "${machine}" does not exist; known: ${names.join(', ') || '(none)'}`)
    return arn
  }
}
