/** First come, first served, at most `limit` at a time; what joins starts in a later turn of the event loop. */
export interface Line {
  /** Joining again while waiting or running changes nothing. */
  join(name: string): void
  /** Gives up the place of one that waits. */
  leave(name: string): void
  /** Resolves when the named one is not running (any more). */
  finished(name: string): Promise<void>
  /** Resolves when nobody waits or runs. */
  idle(): Promise<void>
  /** Starts nobody any more; resolves when those that run have ended. */
  close(): Promise<void>
  isClosed(): boolean
}

/** `run` must not reject. */
export function createLine(limit: number, run: (name: string) => Promise<void>): Line {
  const waiting = new Set<string>()
  const running = new Map<string, Promise<void>>()
  let idlers: (() => void)[] = []
  let scheduled = false
  let closed = false

  function schedule(): void {
    if (scheduled || closed) return
    scheduled = true
    setImmediate(advance)
  }

  function advance(): void {
    scheduled = false
    for (const name of waiting) {
      if (closed || running.size >= limit) break
      waiting.delete(name)
      running.set(
        name,
        run(name).finally(() => leaveRunning(name)),
      )
    }
    settleIdlers()
  }

  function leaveRunning(name: string): void {
    running.delete(name)
    if (waiting.size > 0) schedule()
    settleIdlers()
  }

  function settleIdlers(): void {
    if (waiting.size > 0 || running.size > 0) return
    for (const resolve of idlers) resolve()
    idlers = []
  }

  return {
    join(name) {
      if (closed || running.has(name)) return
      waiting.add(name)
      schedule()
    },
    leave(name) {
      waiting.delete(name)
      settleIdlers()
    },
    async finished(name) {
      await running.get(name)
    },
    idle() {
      return new Promise((resolve) => {
        idlers.push(resolve)
        settleIdlers()
      })
    },
    async close() {
      closed = true
      waiting.clear()
      await Promise.all(running.values())
      settleIdlers()
    },
    isClosed: () => closed,
  }
}
