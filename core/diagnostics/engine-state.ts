import { packNumbers, unpackNumbers } from './pack-numbers.ts'

/** What one detector remembers. */
export interface Slot {
  own: Float32Array
  episode: Float64Array
}

/**
 * One byte of version, then for each detector that remembers anything: its place in the list of detectors (1 byte), its own numbers,
 * those of its episode (see pack-numbers.ts).
 */
export function writeState(slots: readonly Slot[], version: number): Uint8Array {
  const bytes = [version & 255]
  slots.forEach(({ own, episode }, place) => {
    const packed = [...packNumbers(own), ...packNumbers(episode)]
    if (packed.length > 2) bytes.push(place, ...packed)
  })
  return Uint8Array.from(bytes)
}

/** Fills the empty slots. undefined: it was written by another version, or is no state at all. */
export function readState(bytes: Uint8Array, version: number, slots: Slot[]): Slot[] | undefined {
  if (bytes[0] !== (version & 255)) return undefined
  let at = 1
  while (at < bytes.length) {
    const slot = slots[bytes[at]!]
    const middle = slot && unpackNumbers(bytes, at + 1, slot.own)
    const end = middle === undefined ? undefined : unpackNumbers(bytes, middle, slot!.episode)
    if (end === undefined) return undefined
    at = end
  }
  return slots
}
