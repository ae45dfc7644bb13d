export interface ScoredItem {
  id: string
  old: number
  new: number
}

/**
 * Share of the best `percent` % by the old scorer that are also the best by the new one: |both| / k, k = ceil(n * percent / 100). Ties at
 * the cut are broken by item id, ascending, then by place. null without items.
 */
export function topOverlap(items: readonly ScoredItem[], percent: number): number | null {
  const k = Math.ceil((items.length * percent) / 100)
  if (k === 0) return null
  const best = (score: 'old' | 'new') =>
    items
      .map((_, index) => index)
      .sort((a, b) => compare(items[a] as ScoredItem, items[b] as ScoredItem, score) || a - b)
      .slice(0, k)
  const byOld = new Set(best('old'))
  return best('new').filter((index) => byOld.has(index)).length / k
}

/** Share of the values that another one equals; null without values. */
export function tiesRatio(values: readonly number[]): number | null {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return values.length === 0 ? null : values.filter((value) => (counts.get(value) ?? 0) > 1).length / values.length
}

function compare(a: ScoredItem, b: ScoredItem, score: 'old' | 'new'): number {
  if (a[score] !== b[score]) return b[score] - a[score]
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}
