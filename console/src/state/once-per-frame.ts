/** Calls at the next frame, once however often it was asked for; at once where the page is hidden and has no frames. */
export function oncePerFrame(call: () => unknown): () => void {
  let isAsked = false
  return () => {
    if (isAsked) return
    isAsked = true
    const run = () => {
      isAsked = false
      call()
    }
    if (document.visibilityState === 'hidden') queueMicrotask(run)
    else requestAnimationFrame(run)
  }
}
