/** Streams keep the uses of one seed apart: the same counter in two streams gives unrelated numbers. */
export const streams = { dataOrder: 1, adapterInit: 2, sampling: 3, baseInit: 4, corpus: 5 } as const

/** A uniform number in [0, 1) that depends only on its arguments, so there is no generator state to save or lose. */
export function uniform(seed: number, stream: number, a: number, b = 0): number {
  return philox([a >>> 0, b >>> 0, stream, Math.floor(a / 2 ** 32)], seed)[0] / 2 ** 32
}

/** A standard normal number that depends only on its arguments (Box-Muller). */
export function normal(seed: number, stream: number, a: number, b = 0): number {
  const [first, second] = philox([a >>> 0, b >>> 0, stream, 0], seed)
  return Math.sqrt(-2 * Math.log((first + 1) / (2 ** 32 + 1))) * Math.cos((2 * Math.PI * second) / 2 ** 32)
}

/** A permutation of 0..size-1 (Fisher-Yates), the same for the same seed and epoch. */
export function permutation(seed: number, epoch: number, size: number): Uint32Array {
  const order = Uint32Array.from({ length: size }, (_, i) => i)
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(uniform(seed, streams.dataOrder, i, epoch) * (i + 1))
    const kept = order[i]!
    order[i] = order[j]!
    order[j] = kept
  }
  return order
}

/** Philox 4x32-10 (Salmon et al., 2011): four 32-bit words from a counter and a key of two words, here the seed's. */
export function philox(
  counter: readonly [number, number, number, number],
  seed: number,
): [number, number, number, number] {
  let [x0, x1, x2, x3] = counter
  let k0 = seed >>> 0
  let k1 = Math.floor(seed / 2 ** 32) >>> 0
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, x0)
    const high1 = multiplyHigh(0xcd9e8d57, x2)
    const low0 = Math.imul(0xd2511f53, x0) >>> 0
    const low1 = Math.imul(0xcd9e8d57, x2) >>> 0
    x0 = (high1 ^ x1 ^ k0) >>> 0
    x1 = low1
    x2 = (high0 ^ x3 ^ k1) >>> 0
    x3 = low0
    k0 = (k0 + 0x9e3779b9) >>> 0
    k1 = (k1 + 0xbb67ae85) >>> 0
  }
  return [x0, x1, x2, x3]
}

function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16
  const aLow = a & 0xffff
  const bHigh = b >>> 16
  const bLow = b & 0xffff
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  const carry = aLow * bHigh + (middle & 0xffff)
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(carry / 65536)) >>> 0
}
