import { minhashKernel } from './minhash-kernel.ts'

/** Minima of one signature. */
export const laneCount = 128
/** Nothing is below the minimum of an empty set. */
const highest = 0xffffffff
const shinglesAt = 2048 / 4
/** Shingles of one call of the kernel: what its memory of 256 KB holds. */
const chunk = 65_536 - shinglesAt

/** Writes the 128 minima of `v ^ (v >>> 15)`, `v = shingle * a + c` (mod 2^32), over shingles `from`..`to` (exclusive). */
export type Minhash = (shingles: Uint32Array, from: number, to: number, minima: Uint32Array) => void

/** WebAssembly SIMD, or plain arithmetic where that is absent or asked for. Both give the same 128 minima. */
export function createMinhash(kernel: 'simd' | 'scalar' = 'simd'): Minhash {
  return kernel === 'simd' ? (simdMinhash() ?? scalarMinhash) : scalarMinhash
}

const { multipliers, addends } = lanes(0x5eed)

function simdMinhash(): Minhash | undefined {
  const instance = instantiate()
  if (instance === undefined) return undefined
  const { memory, lower } = instance
  const cells = new Uint32Array(memory.buffer)
  cells.set(multipliers, 0)
  cells.set(addends, laneCount)
  const held = cells.subarray(2 * laneCount, 3 * laneCount)
  return (shingles, from, to, minima) => {
    held.fill(highest)
    for (let at = from; at < to; at += chunk) {
      const end = Math.min(to, at + chunk)
      // A copy by hand beats a view and its set() for the few hundred shingles of a usual document.
      for (let cell = shinglesAt, next = at; next < end; cell++, next++) cells[cell] = shingles[next]!
      lower(end - at)
    }
    minima.set(held)
  }
}

const scalarMinhash: Minhash = (shingles, from, to, minima) => {
  for (let lane = 0; lane < laneCount; lane++) {
    const a = multipliers[lane]!
    const c = addends[lane]!
    let minimum = highest
    for (let at = from; at < to; at++) {
      const v = (Math.imul(shingles[at]!, a) + c) | 0
      const mixed = (v ^ (v >>> 15)) >>> 0
      if (mixed < minimum) minimum = mixed
    }
    minima[lane] = minimum
  }
}

interface Kernel {
  memory: { buffer: ArrayBuffer }
  lower(count: number): void
}

/** The part of the global `WebAssembly` that runs a kernel: the types of the language leave it out. */
interface Wasm {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { exports: object }
}

function instantiate(): Kernel | undefined {
  try {
    const { Module, Instance } = (globalThis as unknown as { WebAssembly: Wasm }).WebAssembly
    const bytes = Uint8Array.from(atob(minhashKernel), (character) => character.charCodeAt(0))
    return new Instance(new Module(bytes)).exports as Kernel
  } catch {
    return undefined
  }
}

/** Odd multipliers and addends by splitmix32. */
function lanes(seed: number): { multipliers: Uint32Array; addends: Uint32Array } {
  let state = seed
  const next = () => {
    state = (state + 0x9e3779b9) | 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
  return {
    multipliers: Uint32Array.from({ length: laneCount }, () => (next() | 1) >>> 0),
    addends: Uint32Array.from({ length: laneCount }, next),
  }
}
