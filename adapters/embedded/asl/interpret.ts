import { setImmediate as turn } from 'node:timers/promises'
import type { Json } from '../../../core/platform/ports.ts'
import { bindingsOf } from './bindings.ts'
import { chooseRule } from './choice.ts'
import { leave } from './exit.ts'
import { StateFailure } from './failure.ts'
import { type RunBlock, runMap, runParallel } from './fan-out.ts'
import { guarded } from './guard.ts'
import { HISTORY_EVENTS } from './limits.ts'
import type { Block, FailState, State } from './machine.ts'
import type { Frame, Outcome, Run, Step } from './run.ts'
import { runTask } from './task.ts'
import { type Bindings, renderAs } from './template.ts'
import { waitFor } from './wait.ts'

/** Runs the machine over its journal to its output. Throws StateFailure when it fails, the signal's reason when aborted. */
export function interpret(run: Run, signal: AbortSignal): Promise<Json> {
  run.events += 1
  return runBlock(run, run.machine.block, { path: '', variables: {}, item: undefined, signal }, run.execution.input)
}

// States that await no effect run in microtasks alone; a loop of them must not keep the event loop from everyone else.
const STATES_PER_TURN = 16

const eventsOf: Record<State['type'], number> = {
  Task: 5,
  Map: 4,
  Parallel: 4,
  Choice: 2,
  Wait: 2,
  Pass: 2,
  Succeed: 2,
  Fail: 1,
}

async function runBlock(run: Run, block: Block, frame: Frame, input: Json): Promise<Json> {
  let name = block.startAt
  let value = input
  for (let count = 0; ; count += 1) {
    frame.signal.throwIfAborted()
    if (count % STATES_PER_TURN === STATES_PER_TURN - 1) await turn()
    const state = block.states.get(name)
    if (!state) throw new Error(`machine "${run.machine.name}" has no state "${name}" in this scope`)
    countEvents(run, state)
    const key = `${frame.path}${count}.${name}`
    const outcome =
      (run.journal.read(key) as Outcome | undefined) ??
      (await finish(state, { run, frame, key, input: value, enteredTime: enteredTime(run, key) }))
    Object.assign(frame.variables, outcome.assign)
    value = outcome.output
    if (outcome.next === undefined) return value
    name = outcome.next
  }
}

/** A state that started before a restart was entered then. */
function enteredTime(run: Run, key: string): string {
  const started = run.journal.read(`${key}@0`)?.enteredTime
  return typeof started === 'string' ? started : run.effects.clock.now().toISOString()
}

function countEvents(run: Run, state: State): void {
  run.events += eventsOf[state.type]
  if (run.events <= HISTORY_EVENTS) return
  throw new StateFailure(
    'States.Runtime',
    `The execution reached the maximum number of history events (${HISTORY_EVENTS}).`,
  )
}

async function finish(state: State, step: Step): Promise<Outcome> {
  const outcome = await perform(state, step)
  step.frame.signal.throwIfAborted()
  step.run.journal.write(step.key, JSON.stringify(outcome))
  return outcome
}

function perform(state: State, step: Step): Promise<Outcome> {
  const nested: RunBlock = (block, frame, input) => runBlock(step.run, block, frame, input)
  const bindings = () => bindingsOf(step, state.name)
  switch (state.type) {
    case 'Task':
      return guarded(state, step, (attempt) => runTask(state, step, attempt))
    case 'Map':
      return guarded(state, step, (attempt) => runMap(state, step, attempt, nested))
    case 'Parallel':
      return guarded(state, step, (attempt) => runParallel(state, step, attempt, nested))
    case 'Choice':
      return chooseRule(state, step.input, bindings())
    case 'Wait':
      return waitFor(state, step, bindings())
    case 'Pass':
      return leave(state, step.input, bindings())
    case 'Succeed':
      return leave({ output: state.output, assign: [], next: undefined }, step.input, bindings())
    case 'Fail':
      return fail(state, bindings())
    default:
      return state satisfies never
  }
}

async function fail(state: FailState, bindings: Bindings): Promise<never> {
  const isText = (value: Json): value is string => typeof value === 'string'
  const error = state.error ? await renderAs(state.error, bindings, 'a string', isText) : ''
  const cause = state.cause ? await renderAs(state.cause, bindings, 'a string', isText) : ''
  throw new StateFailure(error, cause)
}
