/** What ends the things that were started: the newest first, every step even when one before it failed. Runs once. */
export function createCleanup() {
  let steps: (() => unknown)[] = []

  return {
    add(step: () => unknown): void {
      steps.push(step)
    },
    /** Throws the first failure at the end. */
    async run(): Promise<void> {
      const failures: unknown[] = []
      const due = steps.toReversed()
      steps = []
      for (const step of due) {
        try {
          await step()
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length > 0) throw failures[0]
    },
  }
}

export type Cleanup = ReturnType<typeof createCleanup>

/** Runs `start`; when it fails, ends what it had started and throws its error. */
export async function startedOrUndone<T>(start: (cleanup: Cleanup) => Promise<T>): Promise<T> {
  const cleanup = createCleanup()
  try {
    return await start(cleanup)
  } catch (error) {
    await cleanup.run().catch(() => {})
    throw error
  }
}
