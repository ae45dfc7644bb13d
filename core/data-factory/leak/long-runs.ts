import { createGramTable } from './gram-table.ts'
import { gramHashes, rollGrams } from './grams.ts'

/** Words in a row that are reported for comparison with other decontamination tools; they decide nothing. */
const runWords = 13

/** Which items have 13 words in a row in common with a sample, by hashes of them. */
export function createLongRuns(items: readonly string[][]) {
  const hashes = items.map((words) => gramHashes(words, runWords))
  const table = createGramTable(new Set(hashes.flatMap((each) => [...each])))
  const places = hashes.map((each) => each.map((hash) => table.find(hash)))
  const seen = new Uint8Array(table.size)
  let grams = new Uint32Array(1024)

  return {
    check(words: Uint32Array, count: number): void {
      if (table.size === 0) return
      if (grams.length < count) grams = new Uint32Array(count * 2)
      const runs = rollGrams(words, count, runWords, grams)
      for (let at = 0; at < runs; at++) {
        const place = table.find(grams[at]!)
        if (place >= 0) seen[place] = 1
      }
    },
    /** Whether any sample so far shared one with the item. */
    shared: (item: number): boolean => places[item]!.some((place) => seen[place] === 1),
    forget: () => seen.fill(0),
  }
}
