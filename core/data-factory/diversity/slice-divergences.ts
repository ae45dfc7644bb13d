import { trigramBuckets } from './trigram-counts.ts'

export interface TrigramSource {
  count: number
  /** Adds the 3-grams of one sample to the counts of their buckets. */
  addTo(counts: Int32Array, sample: number): void
}

/** Samples of an order up to `end`, from the end of the slice before it in the same lane. */
export interface Slice {
  lane: number
  end: number
}

/**
 * KL(slice || all other samples) in nats, with p(x) = (c + 0.5) / (N + 0.5 V), for consecutive slices of an order of the samples.
 * Each call of `of` is one pass over the texts. The slices of a lane ascend; lanes are independent of each other.
 */
export function createDivergences(source: TrigramSource) {
  const counted = new Int32Array(trigramBuckets)
  for (let sample = 0; sample < source.count; sample++) source.addTo(counted, sample)
  const active = bucketsInUse(counted)
  const total = Int32Array.from(active, (bucket) => counted[bucket]!)

  return {
    trigrams: active.length,
    of(order: Uint32Array, slices: readonly Slice[]): number[] {
      for (const bucket of active) counted[bucket] = 0
      const before = new Map<number, Int32Array>()
      for (const { lane } of slices) before.set(lane, before.get(lane) ?? new Int32Array(active.length))

      const byEnd = [...slices.keys()].sort((a, b) => slices[a]!.end - slices[b]!.end)
      const divergences = new Array<number>(slices.length).fill(0)
      let at = 0
      for (const i of byEnd) {
        const { lane, end } = slices[i]!
        for (; at < end; at++) source.addTo(counted, order[at]!)
        divergences[i] = divergenceSince(before.get(lane)!)
      }
      return divergences
    },
  }

  /** Of what was counted since `before`, which moves on to now. */
  function divergenceSince(before: Int32Array): number {
    if (active.length === 0) return 0
    let own = 0
    let rest = 0
    let sum = 0
    for (let i = 0; i < active.length; i++) {
      const now = counted[active[i]!]!
      const count = now - before[i]!
      const other = total[i]! - count
      before[i] = now
      own += count
      rest += other
      sum += (count + 0.5) * (logOfHalfAbove(count) - logOfHalfAbove(other))
    }
    const ownMass = own + 0.5 * active.length
    const restMass = rest + 0.5 * active.length
    return sum / ownMass + Math.log(restMass / ownMass)
  }
}

function bucketsInUse(counts: Int32Array): Uint32Array {
  let inUse = 0
  for (let bucket = 0; bucket < counts.length; bucket++) if (counts[bucket]! > 0) inUse++
  const buckets = new Uint32Array(inUse)
  for (let bucket = 0, i = 0; i < inUse; bucket++) if (counts[bucket]! > 0) buckets[i++] = bucket
  return buckets
}

const knownLogs = Float64Array.from({ length: 4096 }, (_, k) => Math.log(k + 0.5))

function logOfHalfAbove(count: number): number {
  return count < 4096 ? knownLogs[count]! : Math.log(count + 0.5)
}
