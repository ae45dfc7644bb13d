import { onScopeDispose, shallowReactive } from 'vue'
import type { Problem } from '../../../schemas/problem.ts'
import { toProblem } from '../api/problem.ts'

export interface Ask<T> {
  value: T | undefined
  problem: Problem | undefined
  loading: boolean
  /** Replaces the value by an answer. A failure is told in `problem` and keeps the old value in view. */
  ask: (load: (signal: AbortSignal) => Promise<T>) => Promise<void>
  /** Takes value and problem out of view. */
  clear: () => void
}

/** The answer to one question at a time: asking again, or leaving the page, drops the answer to what was asked before. */
export function useAsk<T>(): Ask<T> {
  let asking = new AbortController()
  const state: Ask<T> = shallowReactive({ value: undefined, problem: undefined, loading: false, ask, clear })

  async function ask(load: (signal: AbortSignal) => Promise<T>): Promise<void> {
    asking.abort()
    asking = new AbortController()
    const { signal } = asking
    state.loading = true
    try {
      const found = await load(signal)
      if (signal.aborted) return
      state.value = found
      state.problem = undefined
    } catch (error) {
      if (signal.aborted) return
      state.problem = toProblem(error)
    }
    state.loading = false
  }

  function clear(): void {
    state.value = undefined
    state.problem = undefined
  }

  onScopeDispose(() => asking.abort())
  return state
}
