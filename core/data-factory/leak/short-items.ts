import { distinctTexts } from './distinct-texts.ts'
import { createGramTable } from './gram-table.ts'
import { gramHashes, rollGrams } from './grams.ts'
import type { Match } from './long-items.ts'

/** Items of fewer words than an n-gram, found as a run of whole words. */
export function createShortItems(items: Iterable<{ words: string[]; item: number }>, maxMatches: number) {
  const texts = distinctTexts(items)
  const byLength = [...Map.groupBy(texts.words.keys(), (text) => texts.words[text]!.length)].map(
    ([length, members]) => ({
      length,
      members,
      table: createGramTable(members.map((text) => gramHashes(texts.words[text]!, length)[0]!)),
    }),
  )
  const firstRow = new Map<number, number>()
  let grams = new Uint32Array(1024)

  return {
    check(hashes: Uint32Array, count: number, row: number, wordsOf: () => string[]): Match[] {
      const matches: Match[] = []
      for (const text of suspects(hashes, count)) {
        if (!holdsRun(wordsOf(), texts.words[text]!)) continue
        if (!firstRow.has(text)) firstRow.set(text, row)
        if (matches.length < maxMatches)
          matches.push(
            ...texts.items[text]!.slice(0, maxMatches - matches.length).map((item) => ({ item, containment: 1 })),
          )
      }
      return matches
    },
    best(): Map<number, { containment: number; row: number }> {
      const all = [...firstRow].flatMap(([text, row]) =>
        texts.items[text]!.map((item) => [item, { containment: 1, row }] as const),
      )
      return new Map(all)
    },
    forget: () => firstRow.clear(),
  }

  function suspects(hashes: Uint32Array, count: number): Set<number> {
    const found = new Set<number>()
    if (grams.length < count) grams = new Uint32Array(count * 2)
    for (const { length, members, table } of byLength) {
      const runs = rollGrams(hashes, count, length, grams)
      for (let at = 0; at < runs; at++) {
        const place = table.find(grams[at]!)
        if (place >= 0) found.add(members[place]!)
      }
    }
    return found
  }
}

function holdsRun(words: readonly string[], run: readonly string[]): boolean {
  return ` ${words.join(' ')} `.includes(` ${run.join(' ')} `)
}
