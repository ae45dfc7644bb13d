import type { Blobs, Table } from '../../../core/platform/ports.ts'

export class Crash extends Error {}

export interface CrashPoint {
  /** Which effect, from 1, the process dies at. */
  at: number
  /** Whether the effect happens: a process can die just before its request or just after it. */
  effect: 'lost' | 'done'
}

/** Dies at one effect; `effects` counts those asked for, reads not among them. */
export function crashing(platform: { table: Table; blobs: Blobs }, point: CrashPoint) {
  let effects = 0

  async function effect<T>(act: () => Promise<T>): Promise<T> {
    effects += 1
    if (effects !== point.at) return act()
    if (point.effect === 'done') await act()
    throw new Crash(`died at effect ${point.at}`)
  }

  const table: Table = {
    ...platform.table,
    put: (...call) => effect(() => platform.table.put(...call)),
    delete: (...call) => effect(() => platform.table.delete(...call)),
  }
  const blobs: Blobs = {
    ...platform.blobs,
    put: (...call) => effect(() => platform.blobs.put(...call)),
    delete: (key) => effect(() => platform.blobs.delete(key)),
  }
  return { table, blobs, effects: () => effects }
}
