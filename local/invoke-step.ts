import { Fault } from '../core/platform/fault.ts'
import type { Json, Platform } from '../core/platform/ports.ts'
import { steps } from '../functions/steps/steps.ts'
import { stepInputs } from '../schemas/steps.ts'

/** Calls a step as Lambda would: by its name in the manifest, with nothing but its payload. */
export async function invokeStep(platform: Platform, name: string, payload: Json, signal: AbortSignal): Promise<Json> {
  if (!Object.hasOwn(stepInputs, name)) throw new Fault('internal', `there is no step "${name}"`)
  signal.throwIfAborted()
  return steps[name as keyof typeof steps](platform, payload)
}
