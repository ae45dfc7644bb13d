import { words } from '../datasets/row-text.ts'

export interface Leak {
  /** Index of the evaluation item. */
  item: number
  /** Share of the item's n-grams that the sample holds, 0..1. */
  containment: number
}

interface Item {
  index: number
  grams: number
}

/**
 * Finds samples that hold an evaluation item: containment |S ∩ E| / |E| over distinct word n-grams >= `threshold`. An item of
 * fewer than n words is found as a contiguous run of whole words. Containment, not Jaccard: a short item hides in a long sample.
 */
export function createLeakIndex(items: Iterable<{ index: number; text: string }>, n: number, threshold: number) {
  const byGram = new Map<string, Item[]>()
  const shortItems = new Map<string, number>()
  let longestShort = 0

  for (const { index, text } of items) {
    const tokens = words(text)
    if (tokens.length < n) {
      if (tokens.length === 0) continue
      shortItems.set(tokens.join(' '), index)
      longestShort = Math.max(longestShort, tokens.length)
      continue
    }
    const grams = new Set(ngrams(tokens, n))
    const item = { index, grams: grams.size }
    for (const gram of grams) {
      const sharing = byGram.get(gram)
      if (sharing) sharing.push(item)
      else byGram.set(gram, [item])
    }
  }

  return {
    /** The worst leak of one sample, or undefined. */
    check(text: string): Leak | undefined {
      const tokens = words(text)
      let worst: Leak | undefined = shortLeak(tokens)
      const hits = new Map<Item, number>()
      for (const gram of new Set(ngrams(tokens, n))) {
        for (const item of byGram.get(gram) ?? []) hits.set(item, (hits.get(item) ?? 0) + 1)
      }
      for (const [item, count] of hits) {
        const containment = count / item.grams
        if (containment >= threshold && containment > (worst?.containment ?? 0))
          worst = { item: item.index, containment }
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

function* ngrams(tokens: string[], n: number): Generator<string> {
  for (let start = 0; start + n <= tokens.length; start++) yield tokens.slice(start, start + n).join(' ')
}
