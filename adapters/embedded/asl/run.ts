import type { Clock, Compute, Ids, Json, JsonObject } from '../../../core/platform/ports.ts'
import type { Machine } from './machine.ts'

/** Calls a function by the name in `Arguments.FunctionName`. What it throws becomes the state's error, named by the error's `name`. */
export type Invoke = (functionName: string, payload: Json, signal: AbortSignal) => Promise<Json>

/** What the interpreter may do to the world. */
export interface Effects {
  clock: Clock
  ids: Ids
  invoke: Invoke
  compute: Compute
  /** Calls `listener` whenever some job may have ended, until the returned function is called. Hints only: jobs are polled too. */
  onJobHint(listener: () => void): () => void
  log(message: string, fields: Record<string, unknown>): void
}

/** What is known to have happened. Keys are deterministic, so that a run over the same journal takes the same way. */
export interface Journal {
  read(key: string): JsonObject | undefined
  /** Durable for a crash of the process when it returns. `text` is a JSON object. */
  write(key: string, text: string): void
}

/** One execution under way. */
export interface Run {
  machine: Machine
  execution: { id: string; name: string; input: Json; startTime: string }
  journal: Journal
  effects: Effects
  /** History events so far, as Step Functions would count them, roughly. */
  events: number
}

/** Where a block is running. */
export interface Frame {
  /** Prefix of the journal keys of the block's states. */
  path: string
  /** The block's own variables and copies of those around it; the latter cannot change while the block runs. */
  variables: JsonObject
  /** The innermost Map item around the block. */
  item: { Index: number; Value: Json } | undefined
  signal: AbortSignal
}

/** One state under way: `key` is its journal key. */
export interface Step {
  run: Run
  frame: Frame
  key: string
  input: Json
  enteredTime: string
}

/** What a finished state leaves: also the journal entry under its key. */
export interface Outcome {
  output: Json
  assign?: JsonObject
  /** Absent at the end of the block. */
  next?: string
}

/** The reason of aborts that end the process but not the execution: a later process goes on with it. */
export const shutdown = new Error('The server is shutting down.')
