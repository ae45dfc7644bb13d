import { numpy as np } from '@jax-js/jax'
import { permutation } from './random.ts'

/** Sequences per compiled call; larger batches run as several calls whose gradients add up. */
export const microRows = 32

/** The dataset rows of batch `index` (from 0): consecutive rows of an endless chain of seeded permutations. */
export function createOrder(seed: number, size: number) {
  const epochs = new Map<number, Uint32Array>()
  const rowAt = (position: number): number => {
    const epoch = Math.floor(position / size)
    let order = epochs.get(epoch)
    if (!order) {
      order = permutation(seed, epoch, size)
      epochs.clear()
      epochs.set(epoch, order)
    }
    return order[position % size]!
  }
  return (index: number, batch: number): number[] => Array.from({ length: batch }, (_, i) => rowAt(index * batch + i))
}

/** Token count of the compiled shape: 8k + 1, because the model then runs on 8k positions, which suits SIMD (a third faster). */
export function paddedLength(longest: number): number {
  return Math.ceil((longest - 1) / 8) * 8 + 1
}

/** int32 [rows, length] of token ids, padded at the end with `pad`. */
export function tokenArray(
  sequences: readonly (readonly number[])[],
  rows: number,
  length: number,
  pad: number,
): np.Array {
  const tokens = new Int32Array(rows * length).fill(pad)
  for (const [row, ids] of sequences.entries()) tokens.set(ids, row * length)
  return np.array(tokens, { shape: [rows, length], dtype: np.int32 })
}

/** Splits a list into consecutive parts of at most `size`. */
export function chunk<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size))
}
