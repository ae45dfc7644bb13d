import { onScopeDispose } from 'vue'

/** Calls `reload` every `seconds` while `isWanted` and the page is in view, never twice at once. */
export function usePolling(seconds: number, isWanted: () => boolean, reload: () => Promise<void>): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const again = () => {
    timer = setTimeout(async () => {
      if (isWanted() && document.visibilityState === 'visible') await reload()
      if (timer !== undefined) again()
    }, seconds * 1000)
  }
  again()
  onScopeDispose(() => {
    clearTimeout(timer)
    timer = undefined
  })
}
