import { onScopeDispose, type ShallowRef, shallowRef, type WatchSource, watch } from 'vue'
import type { Problem } from '../../../schemas/problem.ts'
import { toProblem } from '../api/problem.ts'

export interface Load<T> {
  value: ShallowRef<T | undefined>
  problem: ShallowRef<Problem | undefined>
  loading: ShallowRef<boolean>
  reload: () => Promise<void>
}

/** Loads now and whenever `key` changes; the answer to an older question is dropped. A reload keeps the old value in view. */
export function useLoad<T>(key: WatchSource, load: (signal: AbortSignal) => Promise<T>): Load<T> {
  const value = shallowRef<T>()
  const problem = shallowRef<Problem>()
  const loading = shallowRef(true)
  let asking = new AbortController()

  async function reload(): Promise<void> {
    asking.abort()
    asking = new AbortController()
    const { signal } = asking
    loading.value = true
    try {
      const found = await load(signal)
      if (signal.aborted) return
      value.value = found
      problem.value = undefined
    } catch (error) {
      if (signal.aborted) return
      problem.value = toProblem(error)
    }
    loading.value = false
  }

  watch(
    key,
    () => {
      value.value = undefined
      problem.value = undefined
      void reload()
    },
    { immediate: true },
  )
  onScopeDispose(() => asking.abort())
  return { value, problem, loading, reload }
}
