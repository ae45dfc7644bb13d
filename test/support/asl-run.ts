import { StateFailure } from '../../adapters/embedded/asl/failure.ts'
import { interpret } from '../../adapters/embedded/asl/interpret.ts'
import { loadMachine } from '../../adapters/embedded/asl/load.ts'
import type { Machine } from '../../adapters/embedded/asl/machine.ts'
import type { Effects, Journal, Run } from '../../adapters/embedded/asl/run.ts'
import type { Clock, Compute, Json, JsonObject } from '../../core/platform/ports.ts'
import { createSeededIds } from './seeded-ids.ts'
import { createVirtualClock } from './virtual-clock.ts'

export type Handlers = Record<string, (payload: Json, signal: AbortSignal) => Json | Promise<Json>>

export interface RunOptions {
  input?: Json
  handlers?: Handlers
  clock?: Clock
  compute?: Compute
  journal?: Map<string, string>
  /** Called with every journal key that is written, after the write. */
  onWrite?: (key: string) => void
  signal?: AbortSignal
}

/** A machine of these states, from the first one. */
export function machineOf(states: Record<string, object>, top: object = {}): Machine {
  return loadMachine('test', { QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states, ...top }, {})
}

/** A Task that calls the handler with the state input. */
export function call(handler: string, more: object = { End: true }): object {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: { FunctionName: handler, Payload: '{% $states.input %}' },
    Output: '{% $states.result.Payload %}',
    ...more,
  }
}

/** Runs a machine to its output or its failure, on a clock that jumps. */
export async function run(
  machine: Machine,
  options: RunOptions = {},
): Promise<{ output: Json } | { error: string; cause: string }> {
  try {
    return { output: await interpret(runOf(machine, options), options.signal ?? new AbortController().signal) }
  } catch (error) {
    if (error instanceof StateFailure) return { error: error.error, cause: error.message }
    throw error
  }
}

/** The output of states run from the first one. Throws when they fail. */
export async function outputOf(states: Record<string, object>, options: RunOptions = {}): Promise<Json> {
  const result = await run(machineOf(states), options)
  if ('output' in result) return result.output
  throw new Error(`${result.error}: ${result.cause}`)
}

/** The value of one expression. */
export function evaluated(expression: string, input: Json = {}): Promise<Json> {
  return outputOf({ Only: { Type: 'Pass', Output: `{% ${expression} %}`, End: true } }, { input })
}

function runOf(
  machine: Machine,
  { input = {}, handlers = {}, clock = createVirtualClock({ autoAdvance: true }), ...rest }: RunOptions,
): Run {
  const effects: Effects = {
    clock,
    ids: createSeededIds(),
    compute: rest.compute ?? noCompute,
    onJobHint: () => () => {},
    log: () => {},
    async invoke(name, payload, signal) {
      const handler = handlers[name]
      if (!handler) throw new Error(`no handler "${name}"`)
      return handler(payload, signal)
    },
  }
  const execution = { id: 'arn:test', name: 'execution-1', input, startTime: '2026-01-01T00:00:00.000Z' }
  return { machine, execution, journal: journalOn(rest.journal ?? new Map(), rest.onWrite), effects, events: 0 }
}

function journalOn(entries: Map<string, string>, onWrite: (key: string) => void = () => {}): Journal {
  return {
    read(key) {
      const entry = entries.get(key)
      return entry === undefined ? undefined : (JSON.parse(entry) as JsonObject)
    },
    write(key, text) {
      if (entries.has(key)) throw new Error(`"${key}" is written twice`)
      entries.set(key, text)
      onWrite(key)
    },
  }
}

const noCompute = {} as Compute
