import type { Clock, JsonObject } from '../../core/platform/ports.ts'
import { executionArn } from './asl/bindings.ts'
import { StateFailure } from './asl/failure.ts'
import { interpret } from './asl/interpret.ts'
import type { Machine } from './asl/machine.ts'
import type { Effects, Journal } from './asl/run.ts'
import { withDeadline } from './asl/time.ts'
import type { Ending, StoredExecution, WorkflowStore } from './workflow-store.ts'

/** How an execution ended, or undefined when it was stopped from outside: who stops it records that. */
export async function execute(
  execution: StoredExecution,
  machine: Machine,
  effects: Effects,
  store: WorkflowStore,
  signal: AbortSignal,
): Promise<Omit<Ending, 'stoppedAt'> | undefined> {
  const { name, input, startedAt, runningAt } = execution
  const run = {
    machine,
    execution: { id: executionArn(machine.name, name), name, input, startTime: startedAt },
    journal: openJournal(store, execution),
    effects,
    events: 0,
  }
  const deadline = deadlineOf(machine, runningAt, effects.clock)
  try {
    const output = await withDeadline(effects.clock, deadline, signal, (limited) => interpret(run, limited))
    return { status: 'succeeded', output }
  } catch (error) {
    if (signal.aborted) return undefined
    if (deadline && error === deadline.failure)
      return { status: 'timed_out', error: 'States.Timeout', cause: deadline.failure.message }
    if (error instanceof StateFailure) return failed(error)
    effects.log('an execution failed in the interpreter', { execution: name, error })
    return { status: 'failed', error: 'States.Runtime', cause: error instanceof Error ? error.message : String(error) }
  }
}

function deadlineOf(machine: Machine, runningAt: number | undefined, clock: Clock) {
  if (machine.timeoutSeconds === undefined) return undefined
  const at = (runningAt ?? clock.now().getTime()) + machine.timeoutSeconds * 1_000
  return {
    at,
    failure: new StateFailure(
      'States.Timeout',
      `The execution ran longer than TimeoutSeconds (${machine.timeoutSeconds}).`,
    ),
  }
}

/** A Fail state may leave out either. */
function failed({ error, message }: StateFailure): Omit<Ending, 'stoppedAt'> {
  return { status: 'failed', ...(error !== '' && { error }), ...(message !== '' && { cause: message }) }
}

/** A new execution has no entries; for one that ran before, those of its earlier life are read once. */
function openJournal(store: WorkflowStore, { name, status }: StoredExecution): Journal {
  const earlier = status === 'pending' ? new Map<string, string>() : store.entries(name)
  return {
    read(key) {
      const entry = earlier.get(key)
      return entry === undefined ? undefined : (JSON.parse(entry) as JsonObject)
    },
    write(key, text) {
      store.record(name, key, text)
    },
  }
}
