import type { Json } from '../../../core/platform/ports.ts'
import type { Step } from './run.ts'
import type { Bindings } from './template.ts'

/** What `$states` offers beyond `input` and `context`, and how often the state was retried. */
export interface Extra {
  retryCount?: number
  result?: Json
  errorOutput?: Json
  item?: { Index: number; Value: Json }
}

/** The names an expression of the state can use. */
export function bindingsOf({ run, frame, input, enteredTime }: Step, state: string, extra: Extra = {}): Bindings {
  const item = extra.item ?? frame.item
  const context = {
    Execution: {
      Id: run.execution.id,
      Input: run.execution.input,
      Name: run.execution.name,
      StartTime: run.execution.startTime,
    },
    StateMachine: { Id: machineArn(run.machine.name), Name: run.machine.name },
    State: { Name: state, EnteredTime: enteredTime, RetryCount: extra.retryCount ?? 0 },
    ...(item && { Map: { Item: item } }),
  }
  const states = {
    input,
    context,
    ...(extra.result !== undefined && { result: extra.result }),
    ...(extra.errorOutput !== undefined && { errorOutput: extra.errorOutput }),
  }
  const sources = { now: () => run.effects.clock.now(), random: () => run.effects.ids.random() }
  return { state, variables: { ...frame.variables, states }, sources }
}

/** The shape of Amazon's names, for machines and executions that live here. */
export function machineArn(machine: string): string {
  return `arn:aws:states:local:000000000000:stateMachine:${machine}`
}

/** The `Execution.Id` of an execution. */
export function executionArn(machine: string, execution: string): string {
  return `arn:aws:states:local:000000000000:execution:${machine}:${execution}`
}
