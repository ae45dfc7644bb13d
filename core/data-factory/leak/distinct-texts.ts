/** Texts with the same words are one. */
export interface DistinctTexts {
  words: string[][]
  /** For each text the places of its items. */
  items: number[][]
}

export function distinctTexts(texts: Iterable<{ words: string[]; item: number }>): DistinctTexts {
  const places = new Map<string, number>()
  const distinct: DistinctTexts = { words: [], items: [] }
  for (const { words, item } of texts) {
    const key = words.join(' ')
    const place = places.get(key)
    if (place !== undefined) {
      distinct.items[place]!.push(item)
      continue
    }
    places.set(key, distinct.words.length)
    distinct.words.push(words)
    distinct.items.push([item])
  }
  return distinct
}
