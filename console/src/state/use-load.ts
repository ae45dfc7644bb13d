import { type WatchSource, watch } from 'vue'
import { type Ask, useAsk } from './use-ask.ts'

export interface Load<T> extends Ask<T> {
  reload: () => Promise<void>
}

/** Loads now and whenever `key` changes. A reload keeps the old value in view. */
export function useLoad<T>(key: WatchSource, load: (signal: AbortSignal) => Promise<T>): Load<T> {
  const asked = useAsk<T>()
  const loaded: Load<T> = Object.assign(asked, { reload: () => asked.ask(load) })
  watch(
    key,
    () => {
      loaded.clear()
      void loaded.reload()
    },
    { immediate: true },
  )
  return loaded
}
