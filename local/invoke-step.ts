import { Fault } from '../core/platform/fault.ts'
import type { Json, Platform } from '../core/platform/ports.ts'
import { deployable } from '../functions/manifest.ts'
import { restrictTo } from '../functions/restrict-platform.ts'
import { steps } from '../functions/steps/steps.ts'
import { stepInputs } from '../schemas/steps.ts'

/** Calls steps as Lambda would: by their name in the manifest, with nothing but their payload and their grants. */
export function createStepInvoker(platform: () => Platform) {
  const running = new Set<Promise<Json>>()
  const restricted = new Map<string, Platform>()
  const platformOf = (name: string) => {
    const known = restricted.get(name) ?? restrictTo(platform(), deployable(name))
    restricted.set(name, known)
    return known
  }

  return {
    async invoke(name: string, payload: Json, signal: AbortSignal): Promise<Json> {
      if (!Object.hasOwn(stepInputs, name)) throw new Fault('internal', `there is no step "${name}"`)
      signal.throwIfAborted()
      const step = steps[name as keyof typeof steps](platformOf(name), payload)
      running.add(step)
      return step.finally(() => running.delete(step))
    },
    /** Resolves when no step runs: one whose execution was stopped still runs to its end. */
    async idle(): Promise<void> {
      while (running.size > 0) await Promise.allSettled(running)
    },
  }
}
