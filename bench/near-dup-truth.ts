import { readFile } from 'node:fs/promises'
import type { Clusters } from '../core/data-factory/near-dup/cluster.ts'
import { words } from '../core/text/row-text.ts'
import type { Documents } from './near-dup.bench.ts'

/** Share of the planted pairs similar by their strings that are in one cluster; whether the pairs reported are similar. */
export async function plantedRecall(documents: Documents, clusters: Clusters, threshold: number): Promise<object> {
  const texts = await readTexts(documents)
  const { clusterOf, pairs } = clusters
  const similar = documents.planted.filter(([copy, from]) => jaccard(texts.get(copy), texts.get(from)) >= threshold)
  const found = similar.filter(([copy, from]) => clusterOf[copy] === clusterOf[from])
  if (!pairs.every(({ a, b, jaccard: said }) => jaccard(texts.get(a), texts.get(b)) === said))
    throw new Error('a reported similarity is not that of the strings')
  return { recall: found.length / similar.length, true_pairs: similar.length }
}

/** Recall over all similar pairs (by an inverted index of strings); precision over the rows put in the cluster of another. */
export async function trueQuality(documents: Documents, { clusterOf }: Clusters, threshold: number): Promise<object> {
  const texts = await readTexts(documents)
  const sets = Array.from(clusterOf, (_, row) => grams(texts.get(row)))
  const rowsOf = new Map<string, number[]>()
  const truth = Uint32Array.from(clusterOf.keys())
  const root = (row: number): number => (truth[row] === row ? row : root(truth[row]!))
  let pairs = 0
  let found = 0
  for (const [row, set] of sets.entries()) {
    const common = new Map<number, number>()
    for (const gram of set) {
      const rows = rowsOf.get(gram)
      if (rows === undefined) rowsOf.set(gram, [row])
      else {
        for (const other of rows) common.set(other, (common.get(other) ?? 0) + 1)
        rows.push(row)
      }
    }
    for (const [other, n] of common) {
      if (!(n / (set.size + sets[other]!.size - n) >= threshold)) continue
      pairs++
      if (clusterOf[row] === clusterOf[other]) found++
      const [low, high] = [root(row), root(other)].sort((a, b) => a - b) as [number, number]
      truth[high] = low
    }
  }
  const removed = [...clusterOf.keys()].filter((row) => clusterOf[row] !== row)
  const right = removed.filter((row) => root(row) === root(clusterOf[row]!))
  return {
    precision: right.length / removed.length,
    checked: { docs: sets.length, true_pairs: pairs, recall: found / pairs, removed: removed.length },
  }
}

/** Texts by row, decoded when asked for. */
async function readTexts({ path }: Documents): Promise<{ get(row: number): string }> {
  const bytes = await readFile(path)
  const starts = [0]
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) starts.push(at + 1)
  return { get: (row) => bytes.toString('utf8', starts[row], starts[row + 1]! - 1) }
}

function jaccard(a: string, b: string): number {
  const [one, other] = [grams(a), grams(b)]
  const common = one.intersection(other).size
  return common / (one.size + other.size - common)
}

function grams(text: string): Set<string> {
  const found = words(text)
  return new Set(Array.from({ length: Math.max(1, found.length - 4) }, (_, at) => found.slice(at, at + 5).join(' ')))
}
