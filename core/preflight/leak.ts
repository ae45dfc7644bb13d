import { words } from '../datasets/row-text.ts'

export interface Leak {
  /** Index of the evaluation item. */
  item: number
  /** Share of the item's n-grams that the sample holds, 0..1. */
  containment: number
}

interface Item {
  index: number
  grams: Set<string>
}

/**
 * Finds samples that hold an evaluation item: containment |S ∩ E| / |E| over distinct word n-grams >= `threshold`. An item of
 * fewer than n words is found as a contiguous run of whole words. Containment, not Jaccard: a short item hides in a long sample.
 */
export function createLeakIndex(items: Iterable<{ index: number; text: string }>, n: number, threshold: number) {
  const longItems: Item[] = []
  const shortItems = new Map<string, number>()
  let longestShort = 0

  for (const { index, text } of items) {
    const tokens = words(text)
    if (tokens.length >= n) longItems.push({ index, grams: new Set(ngrams(tokens, n)) })
    else if (tokens.length > 0) {
      shortItems.set(tokens.join(' '), index)
      longestShort = Math.max(longestShort, tokens.length)
    }
  }
  const byRareGram = indexRarest(longItems, threshold)

  return {
    /** The worst leak of one sample, or undefined. */
    check(text: string): Leak | undefined {
      const tokens = words(text)
      let worst: Leak | undefined = shortLeak(tokens)
      const sample = new Set(ngrams(tokens, n))
      const candidates = new Set<Item>()
      for (const gram of sample) for (const item of byRareGram.get(gram) ?? []) candidates.add(item)
      for (const { index, grams } of candidates) {
        const containment = grams.intersection(sample).size / grams.size
        if (containment >= threshold && containment > (worst?.containment ?? 0)) worst = { item: index, containment }
      }
      return worst
    },
  }

  function shortLeak(tokens: string[]): Leak | undefined {
    for (let length = 1; length <= longestShort; length++) {
      for (const gram of ngrams(tokens, length)) {
        const item = shortItems.get(gram)
        if (item !== undefined) return { item, containment: 1 }
      }
    }
    return undefined
  }
}

/**
 * An item that leaks shares at least k = ceil(threshold x its grams) of them, so it shares one of any (grams - k + 1). Indexing only
 * its rarest ones loses nothing, and templated items, which share all but a few grams, do not make every sample a candidate.
 */
function indexRarest(items: readonly Item[], threshold: number): Map<string, Item[]> {
  const frequency = new Map<string, number>()
  for (const { grams } of items) for (const gram of grams) frequency.set(gram, (frequency.get(gram) ?? 0) + 1)
  const index = new Map<string, Item[]>()
  for (const item of items) {
    const needed = Math.ceil(threshold * item.grams.size - 1e-9)
    const rarest = [...item.grams].sort((a, b) => (frequency.get(a) ?? 0) - (frequency.get(b) ?? 0))
    for (const gram of rarest.slice(0, item.grams.size - needed + 1)) {
      const sharing = index.get(gram)
      if (sharing) sharing.push(item)
      else index.set(gram, [item])
    }
  }
  return index
}

function* ngrams(tokens: string[], n: number): Generator<string> {
  for (let start = 0; start + n <= tokens.length; start++) yield tokens.slice(start, start + n).join(' ')
}
