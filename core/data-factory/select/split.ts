import { type KeyOf, seededHash } from './seeded-order.ts'

export interface SplitResult {
  /** The rows of each part, ascending. */
  parts: Record<string, Uint32Array>
  /** What each part was to have and has, as shares of the rows. */
  shares: Record<string, { wanted: number; got: number }>
  clusters: number
  largest_cluster: number
}

/**
 * Rows shared out over parts, near-duplicates together: every cluster goes whole to one part. The largest clusters go first, each to
 * the part that lacks most rows. `clusterOf[row]` is any number that the rows of a cluster have in common.
 */
export function split(
  clusterOf: Uint32Array,
  kept: Uint32Array,
  parts: Readonly<Record<string, number>>,
  seed: number,
  keyOf: KeyOf = (row) => row,
): SplitResult {
  const clusters = gather(clusterOf, kept, seed, keyOf)
  const sum = Object.values(parts).reduce((total, share) => total + share, 0)
  const slots = Object.entries(parts)
    .map(([name, share]) => ({ name, wanted: (kept.length * share) / sum, got: 0 }))
    .sort((a, b) => b.wanted - a.wanted || (a.name < b.name ? -1 : 1))

  const slotOf = new Map<number, number>()
  for (const { id, size } of clusters) {
    let best = 0
    for (let i = 1; i < slots.length; i++) if (deficit(slots[i]) > deficit(slots[best])) best = i
    ;(slots[best] as Slot).got += size
    slotOf.set(id, best)
  }

  const rows = slots.map(({ got }) => ({ rows: new Uint32Array(got), end: 0 }))
  for (const row of kept.slice().sort()) {
    const slot = rows[slotOf.get(clusterOf[row] as number) as number] as { rows: Uint32Array; end: number }
    slot.rows[slot.end++] = row
  }
  const share = (count: number) => (kept.length === 0 ? 0 : count / kept.length)
  return {
    parts: Object.fromEntries(slots.map(({ name }, i) => [name, rows[i]?.rows as Uint32Array])),
    shares: Object.fromEntries(
      slots.map(({ name, wanted, got }) => [name, { wanted: share(wanted), got: share(got) }]),
    ),
    clusters: clusters.length,
    largest_cluster: clusters[0]?.size ?? 0,
  }
}

interface Slot {
  name: string
  wanted: number
  got: number
}

interface Cluster {
  id: number
  size: number
  rank: number
}

/** Clusters, the largest first; equal sizes in the order of their lowest seeded hash, which no order of rows changes. */
function gather(clusterOf: Uint32Array, kept: Uint32Array, seed: number, keyOf: KeyOf): Cluster[] {
  const clusters = new Map<number, Cluster>()
  for (const row of kept) {
    const id = clusterOf[row] as number
    const rank = seededHash(seed, keyOf(row))
    const cluster = clusters.get(id)
    if (!cluster) clusters.set(id, { id, size: 1, rank })
    else {
      cluster.size += 1
      if (rank < cluster.rank) cluster.rank = rank
    }
  }
  return [...clusters.values()].sort((a, b) => b.size - a.size || a.rank - b.rank || a.id - b.id)
}

function deficit(slot: Slot | undefined): number {
  return slot ? slot.wanted - slot.got : Number.NEGATIVE_INFINITY
}
