import type { Platform } from '../../core/platform/ports.ts'
import { Crash, type CrashPoint } from '../core/support/crashing.ts'

/** A platform whose process dies at one effect of any port, and does nothing after it. `effects` counts them; reads are none. */
export function dyingPlatform(platform: Platform, point: CrashPoint | undefined) {
  let effects = 0
  let dead = false

  async function call<T>(isEffect: boolean, act: () => Promise<T>): Promise<T> {
    if (dead) throw new Crash('the process is dead')
    if (isEffect) effects += 1
    if (!isEffect || effects !== point?.at) return act()
    dead = true
    if (point.effect === 'done') await act()
    throw new Crash(`died at effect ${point.at}`)
  }

  function wrapped<Port extends object>(port: Port, effectful: readonly string[]): Port {
    return new Proxy(port, {
      get(target, name) {
        const member = Reflect.get(target, name)
        // Streams and URIs are reads.
        if (typeof member !== 'function' || name === 'read' || name === 'uri') return member
        return (...given: unknown[]) => call(effectful.includes(String(name)), () => member.apply(target, given))
      },
    })
  }

  return {
    platform: {
      ...platform,
      table: wrapped(platform.table, ['put', 'delete']),
      metrics: wrapped(platform.metrics, ['put', 'delete']),
      blobs: wrapped(platform.blobs, ['put', 'delete']),
      compute: wrapped(platform.compute, ['submit', 'terminate']),
      workflows: wrapped(platform.workflows, ['start', 'stop']),
    },
    effects: () => effects,
    died: () => dead,
  }
}
