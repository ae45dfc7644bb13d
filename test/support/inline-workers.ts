import type { Workers } from '../../core/platform/ports.ts'
import { tasks } from '../../functions/worker/tasks.ts'

/** The worker tasks on this thread, with inputs and outputs cloned as they are between threads. */
export function createInlineWorkers(): Workers & { ran: string[] } {
  const ready = new Map<string, Promise<(input: unknown) => unknown>>()
  const ran: string[] = []
  return {
    size: 2,
    ran,
    async run({ task, setup, input }) {
      const made = tasks[task]
      if (!made) throw new Error(`there is no task "${task}"`)
      const key = `${task}/${setup.key}`
      const run = ready.get(key) ?? made(structuredClone(setup.value))
      ready.set(key, run)
      ran.push(task)
      return structuredClone(await (await run)(structuredClone(input)))
    },
  }
}
