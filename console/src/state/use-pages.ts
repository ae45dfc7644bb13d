import { onScopeDispose, type ShallowRef, shallowRef, type WatchSource, watch } from 'vue'
import type { Problem } from '../../../schemas/problem.ts'
import { toProblem } from '../api/problem.ts'

interface Page<T> {
  items: T[]
  next: string | null
}

export interface Pages<T> {
  items: ShallowRef<T[]>
  next: ShallowRef<string | null>
  problem: ShallowRef<Problem | undefined>
  loading: ShallowRef<boolean>
  more: () => Promise<void>
  restart: () => Promise<void>
}

/** A list that arrives page by page: the first now and whenever `key` changes, each further one by `more`. */
export function usePages<T>(
  key: WatchSource,
  load: (after: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
): Pages<T> {
  const items = shallowRef<T[]>([])
  const next = shallowRef<string | null>(null)
  const problem = shallowRef<Problem>()
  const loading = shallowRef(true)
  let asking = new AbortController()

  async function read(after: string | undefined): Promise<void> {
    asking.abort()
    asking = new AbortController()
    const { signal } = asking
    loading.value = true
    try {
      const page = await load(after, signal)
      if (signal.aborted) return
      items.value = after === undefined ? page.items : [...items.value, ...page.items]
      next.value = page.next
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
      items.value = []
      next.value = null
      void read(undefined)
    },
    { immediate: true },
  )
  onScopeDispose(() => asking.abort())
  return {
    items,
    next,
    problem,
    loading,
    more: () => read(next.value ?? undefined),
    restart: () => read(undefined),
  }
}
