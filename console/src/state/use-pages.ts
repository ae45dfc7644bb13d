import type { WatchSource } from 'vue'
import { type Load, useLoad } from './use-load.ts'

interface Page<T> {
  items: T[]
  next: string | null
}

export interface Pages<T> extends Load<Page<T>> {
  more: () => Promise<void>
}

/** A list that arrives page by page: the first now and whenever `key` changes, each further one by `more`. */
export function usePages<T>(
  key: WatchSource,
  load: (after: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
): Pages<T> {
  const loaded = useLoad(key, (signal) => load(undefined, signal))
  const more = () =>
    loaded.ask(async (signal) => {
      const { items, next } = await load(loaded.value?.next ?? undefined, signal)
      return { items: [...(loaded.value?.items ?? []), ...items], next }
    })
  return Object.assign(loaded, { more })
}
