import { Fault } from '../core/platform/fault.ts'
import type { Json, Platform } from '../core/platform/ports.ts'
import { steps } from '../functions/steps/steps.ts'
import { stepInputs } from '../schemas/steps.ts'

/** Calls steps as Lambda would: by their name in the manifest, with nothing but their payload. */
export function createStepInvoker(platform: () => Platform) {
  const running = new Set<Promise<Json>>()

  return {
    async invoke(name: string, payload: Json, signal: AbortSignal): Promise<Json> {
      if (!Object.hasOwn(stepInputs, name)) throw new Fault('internal', `there is no step "${name}"`)
      signal.throwIfAborted()
      const step = steps[name as keyof typeof steps](platform(), payload)
      running.add(step)
      return step.finally(() => running.delete(step))
    },
    /** Resolves when no step runs: one whose execution was stopped still runs to its end. */
    async idle(): Promise<void> {
      while (running.size > 0) await Promise.allSettled(running)
    },
  }
}
