import { setTimeout as sleep } from 'node:timers/promises'

/** Looks every few ms until `look` gives something; for what happens in other processes, which no virtual clock governs. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  patienceMs = 8_000,
): Promise<T> {
  const end = performance.now() + patienceMs
  while (performance.now() < end) {
    const found = await look()
    if (found) return found
    await sleep(5)
  }
  throw new Error(`waited ${patienceMs} ms for ${what}`)
}
