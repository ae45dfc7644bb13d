import type { Json } from '../../../core/platform/ports.ts'
import { bindingsOf } from './bindings.ts'
import { isWithin } from './fields.ts'
import { measured } from './limits.ts'
import type { Block, MapState, ParallelState } from './machine.ts'
import type { Frame, Step } from './run.ts'
import { render, renderAs } from './template.ts'

/** Runs a block from its start; given by the interpreter, which these states call again. */
export type RunBlock = (block: Block, frame: Frame, input: Json) => Promise<Json>

// Step Functions runs at most about 40 iterations of an inline Map at a time.
const INLINE_ITERATIONS = 40

/** What a Map attempt iterates over: kept, because a restart must not evaluate it again. */
interface Iterations {
  values: Json[]
  /** The iterations' inputs, absent when they are the values. */
  inputs?: Json[]
  limit: number
}

/** One attempt of a Map: the outputs in the order of the items. */
export async function runMap(state: MapState, step: Step, attempt: number, runBlock: RunBlock): Promise<Json> {
  const { run, frame } = step
  const key = `${step.key}@${attempt}`
  let iterations = run.journal.read(key) as Iterations | undefined
  if (!iterations) {
    iterations = await iterate(state, step, attempt)
    run.journal.write(key, JSON.stringify({ ...iterations, enteredTime: step.enteredTime }))
  }
  const { values, inputs = values, limit } = iterations
  run.events += 2 * values.length
  const outputs = await inParallel(inputs, limit, frame.signal, (input, index, signal) => {
    const item = { Index: index, Value: values[index] ?? null }
    return runBlock(
      state.processor,
      { path: `${key}[${index}]/`, variables: { ...frame.variables }, item, signal },
      input,
    )
  })
  measured(outputs, `The result of the state '${state.name}'`)
  return outputs
}

async function iterate(state: MapState, step: Step, attempt: number): Promise<Iterations> {
  const bindings = bindingsOf(step, state.name, { retryCount: attempt })
  const items = state.items ?? { kind: 'literal', value: step.input }
  const values = await renderAs(items, bindings, 'an array', (value): value is Json[] => Array.isArray(value))
  const limit = state.maxConcurrency
    ? await renderAs(state.maxConcurrency, bindings, 'a whole number, at least 0', (value) =>
        isWithin(value, { min: 0, max: 99_999_999 }),
      )
    : 0
  const effective = limit === 0 ? INLINE_ITERATIONS : Math.min(limit, INLINE_ITERATIONS)
  const selector = state.itemSelector
  if (!selector) return { values, limit: effective }
  const inputs: Json[] = []
  for (const [Index, Value] of values.entries()) {
    const input = await render(selector, bindingsOf(step, state.name, { retryCount: attempt, item: { Index, Value } }))
    measured(input, `Item ${Index} of the state '${state.name}'`)
    inputs.push(input)
  }
  return { values, inputs, limit: effective }
}

/** One attempt of a Parallel: the branches' outputs in their order. */
export async function runParallel(
  state: ParallelState,
  step: Step,
  attempt: number,
  runBlock: RunBlock,
): Promise<Json> {
  const { run, frame } = step
  const key = `${step.key}@${attempt}`
  let input = run.journal.read(key)?.input
  if (input === undefined) {
    input = state.arguments
      ? await render(state.arguments, bindingsOf(step, state.name, { retryCount: attempt }))
      : step.input
    measured(input, `The arguments of the state '${state.name}'`)
    run.journal.write(key, JSON.stringify({ input, enteredTime: step.enteredTime }))
  }
  const given = input
  const outputs = await inParallel(state.branches, state.branches.length, frame.signal, (branch, index, signal) =>
    runBlock(branch, { path: `${key}[${index}]/`, variables: { ...frame.variables }, item: frame.item, signal }, given),
  )
  measured(outputs, `The result of the state '${state.name}'`)
  return outputs
}

/** Runs `work` on every item, `limit` at a time. The first failure stops the others and is thrown once they have stopped. */
async function inParallel<T>(
  items: T[],
  limit: number,
  signal: AbortSignal,
  work: (item: T, index: number, signal: AbortSignal) => Promise<Json>,
): Promise<Json[]> {
  const stop = new AbortController()
  const either = AbortSignal.any([signal, stop.signal])
  const outputs: Json[] = []
  const failures: unknown[] = []
  const queue = items.entries()
  const worker = async () => {
    for (const [index, item] of queue) {
      try {
        outputs[index] = await work(item, index, either)
      } catch (error) {
        failures.push(error)
        stop.abort(new Error('Another branch of the state failed.'))
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  signal.throwIfAborted()
  if (failures.length > 0) throw failures[0]
  return outputs
}
