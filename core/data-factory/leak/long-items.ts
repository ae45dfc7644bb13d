import { type BestMatch, createContainmentPass } from './containment-pass.ts'
import { distinctTexts } from './distinct-texts.ts'
import { createGramIndex } from './gram-index.ts'
import { gramTexts, rollGrams } from './grams.ts'

/** Below this containment a best match is not recorded, unless the threshold is lower. */
export const recordFrom = 0.5

export interface Match {
  item: number
  containment: number
}

/** Items of n words or more, found by the share of their n-grams that a sample holds. */
export function createLongItems(
  items: Iterable<{ words: string[]; item: number }>,
  { ngram, threshold, maxMatches }: { ngram: number; threshold: number; maxMatches: number },
) {
  const texts = distinctTexts(items)
  const index = createGramIndex(texts.words, ngram, threshold, Math.min(threshold, recordFrom))
  const pass = createContainmentPass(index, maxMatches)
  let grams = new Uint32Array(1024)

  return {
    /** The leaks of one sample, the most contained first; `wordsOf` gives its words when hashes raise a suspicion. */
    check(hashes: Uint32Array, count: number, row: number, wordsOf: () => string[]): Match[] {
      if (index.texts.length === 0) return []
      if (grams.length < count) grams = new Uint32Array(count * 2)
      const suspects = pass.check(grams, rollGrams(hashes, count, ngram, grams), row)
      const matches: Match[] = []
      if (suspects.length === 0) return matches
      const held = gramTexts(wordsOf(), ngram)
      for (const { text } of suspects) {
        if (matches.length >= maxMatches) break
        const own = gramTexts(texts.words[text]!, ngram)
        const shared = own.intersection(held).size
        const containment = shared / own.size
        if (containment >= threshold)
          matches.push(
            ...texts.items[text]!.slice(0, maxMatches - matches.length).map((item) => ({ item, containment })),
          )
        else pass.correct(text, shared, row)
      }
      return matches
    },
    best(): Map<number, BestMatch> {
      return new Map(
        [...pass.best()].flatMap(([text, best]) => texts.items[text]!.map((item) => [item, best] as const)),
      )
    },
    forget: pass.forget,
  }
}
