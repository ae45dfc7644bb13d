import { Fault } from '../../core/platform/fault.ts'

const MACHINE = /^(arn:[^:]+:states:[^:]+:[^:]+):stateMachine:([^:/]+)(?::[^:]+)?$/

/**
 * The ARN of an execution, from the ARN that starts its machine. Names are unique per machine: an alias or a version after the
 * machine's name is no part of it. Fault `internal` when that is not the ARN of a state machine.
 */
export function executionArn(machineArn: string, name: string): string {
  const [, account, machine] = MACHINE.exec(machineArn) ?? []
  if (account === undefined)
    throw new Fault('internal', `"${machineArn}" is not the ARN of a state machine; check SLUICE_STATE_MACHINES`)
  return `${account}:execution:${machine}:${name}`
}
