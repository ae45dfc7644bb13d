import type { Json } from '../../../core/platform/ports.ts'
import { bindingsOf } from './bindings.ts'
import { leave } from './exit.ts'
import { matchesError, StateFailure } from './failure.ts'
import type { GuardedState } from './machine.ts'
import { chooseRetry } from './retry.ts'
import type { Outcome, Step } from './run.ts'
import { sleepUntil } from './time.ts'

interface Tries {
  /** How often each retrier was used. */
  used: number[]
  total: number
  /** Epoch ms before which the next attempt does not start. */
  resumeAt: number
}

/** Runs the attempts of a state under its Retry and Catch. What was retried before a restart counts and is not waited for twice. */
export async function guarded(
  state: GuardedState,
  step: Step,
  attempt: (number: number) => Promise<Json>,
): Promise<Outcome> {
  const { clock } = step.run.effects
  const tries = recall(state, step)
  for (;;) {
    try {
      await sleepUntil(clock, tries.resumeAt, step.frame.signal)
      const result = await attempt(tries.total)
      return await leave(state, result, bindingsOf(step, state.name, { result, retryCount: tries.total }))
    } catch (error) {
      step.frame.signal.throwIfAborted()
      if (!(error instanceof StateFailure)) throw error
      if (!retryLater(state, step, tries, error)) return caught(state, step, tries, error)
    }
  }
}

function recall(state: GuardedState, { run, key }: Step): Tries {
  const tries: Tries = { used: state.retry.map(() => 0), total: 0, resumeAt: 0 }
  for (let entry = run.journal.read(retryKey(key, 0)); entry; entry = run.journal.read(retryKey(key, tries.total))) {
    count(tries, Number(entry.retrier), Number(entry.resumeAt))
  }
  run.events += tries.total
  return tries
}

function retryLater(state: GuardedState, { run, key }: Step, tries: Tries, failure: StateFailure): boolean {
  const { clock, ids } = run.effects
  const retry = chooseRetry(state.retry, failure.error, tries.used, () => ids.random())
  if (!retry) return false
  const resumeAt = clock.now().getTime() + retry.delayMs
  run.journal.write(
    retryKey(key, tries.total),
    JSON.stringify({ retrier: retry.retrier, resumeAt, error: failure.error, cause: failure.message }),
  )
  run.events += 1
  count(tries, retry.retrier, resumeAt)
  return true
}

function count(tries: Tries, retrier: number, resumeAt: number): void {
  tries.used[retrier] = (tries.used[retrier] ?? 0) + 1
  tries.total += 1
  tries.resumeAt = resumeAt
}

async function caught(state: GuardedState, step: Step, tries: Tries, failure: StateFailure): Promise<Outcome> {
  const catcher = state.catch.find(({ errorEquals }) => matchesError(errorEquals, failure.error))
  if (!catcher) throw failure
  const errorOutput = { Error: failure.error, ...(failure.message !== '' && { Cause: failure.message }) }
  return leave(catcher, errorOutput, bindingsOf(step, state.name, { errorOutput, retryCount: tries.total }))
}

function retryKey(key: string, total: number): string {
  return `${key}!${total}`
}
