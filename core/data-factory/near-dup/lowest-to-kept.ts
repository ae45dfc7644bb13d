import { jaccard } from './jaccard.ts'
import type { ShingleSets } from './shingle-sets.ts'

/** Shingles in memory at once (4 bytes each). */
const mostShingles = 8 * 1024 * 1024

/** Smallest Jaccard of a row to the first row of its cluster, over rows for which `counts` holds; 1 when there are none. */
export async function lowestToKept(
  clusterOf: Uint32Array,
  counts: (row: number) => boolean,
  sets: ShingleSets,
): Promise<number> {
  let lowest = 1
  let wanted: number[] = []
  let shingles = 0
  const compare = async () => {
    await sets.load(Uint32Array.from(wanted))
    for (let at = 0; at < wanted.length; at += 2)
      lowest = Math.min(lowest, jaccard(sets.set(wanted[at]!, 0), sets.set(wanted[at + 1]!, 1)))
    wanted = []
    shingles = 0
  }
  for (let row = 0; row < clusterOf.length; row++) {
    const kept = clusterOf[row]!
    if (kept === row || !counts(row)) continue
    wanted.push(kept, row)
    shingles += sets.size(kept) + sets.size(row)
    if (shingles >= mostShingles) await compare()
  }
  if (wanted.length > 0) await compare()
  return lowest
}
