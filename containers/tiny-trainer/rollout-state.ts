import type { SavedState } from './objective.ts'
import type { Rollout } from './rollout.ts'
import type { Tensors } from './safetensors.ts'

/** A rollout with the log-probabilities [sequences * width] that later iterations compare with. */
export type StoredRollout = Rollout & { old: Float32Array; reference: Float32Array }

/** Holds a rollout exactly: ids and lengths are small integers, which float32 keeps; metrics stay doubles as JSON. */
export function packRollout({ sequences, metrics, old, reference }: StoredRollout, length: number): SavedState {
  const count = sequences.length
  const tokens = new Float32Array(count * length)
  for (const [row, { ids }] of sequences.entries()) tokens.set(ids, row * length)
  const column = (values: number[]) => ({ shape: [count], data: Float32Array.from(values) })
  const tensors: Tensors = {
    tokens: { shape: [count, length], data: tokens },
    lengths: column(sequences.map(({ ids }) => ids.length)),
    from: column(sequences.map(({ from }) => from)),
    advantages: column(sequences.map(({ advantage }) => advantage)),
    old: { shape: [count, old.length / count], data: old },
    reference: { shape: [count, reference.length / count], data: reference },
  }
  return { tensors, values: metrics }
}

export function unpackRollout({ tensors, values }: SavedState): StoredRollout {
  const [count, length] = tensors.tokens!.shape as [number, number]
  const at = (name: string, row: number) => tensors[name]!.data[row]!
  const sequences = Array.from({ length: count }, (_, row) => ({
    ids: [...tensors.tokens!.data.subarray(row * length, row * length + at('lengths', row))],
    from: at('from', row),
    advantage: at('advantages', row),
  }))
  return { sequences, metrics: values, old: tensors.old!.data, reference: tensors.reference!.data }
}
