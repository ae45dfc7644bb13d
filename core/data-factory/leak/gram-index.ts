import { createGramTable, type GramTable } from './gram-table.ts'
import { gramHashes, gramTexts } from './grams.ts'
import { createPostings, type Postings } from './postings.ts'

/** A gram of more texts than this is common: it stands for a template rather than for a text. */
const commonFrom = 65

export interface IndexedText {
  /** Places in the table, the common ones first. */
  grams: Uint32Array
  common: number
  size: number
  /** Shared grams from which it is a match worth a record, and from which it leaks. */
  floor: number
  leak: number
}

/** Texts with the same common grams, enough of them for a match by these alone. */
export interface TextGroup {
  grams: Uint32Array
  floor: number
  texts: number[]
}

export interface GramIndex {
  table: GramTable
  texts: IndexedText[]
  groups: TextGroup[]
  textsOf: Postings
  groupsOf: Postings
}

/**
 * A text that shares k of its m grams shares one of any m - k + 1, so only its rarest are indexed (prefix filter: Chaudhuri, Ganti,
 * Kaushik, ICDE 2006). Common grams lead to groups instead of texts: ten thousand texts of one template are one comparison.
 */
export function createGramIndex(texts: readonly string[][], n: number, threshold: number, floor: number): GramIndex {
  const hashes = texts.map((words) => gramHashes(words, n))
  const table = createGramTable(new Set(hashes.flatMap((each) => [...each])))
  const frequency = new Uint32Array(table.size)
  const places = hashes.map((each) => each.map((hash) => table.find(hash)))
  for (const each of places) for (const place of each) frequency[place]!++

  const indexed = places.map((grams, i): IndexedText => {
    grams.sort((a, b) => frequency[b]! - frequency[a]! || a - b)
    const size = gramTexts(texts[i]!, n).size
    // Two grams of a text with one hash are seen as one: so many fewer are needed to look at it.
    const merged = size - grams.length
    return {
      grams,
      common: grams.filter((place) => frequency[place]! >= commonFrom).length,
      size,
      floor: Math.max(1, leastShared(size, floor) - merged),
      leak: Math.max(1, leastShared(size, threshold) - merged),
    }
  })
  const groups = groupByCommonGrams(indexed)
  return {
    table,
    texts: indexed,
    groups,
    textsOf: createPostings(table.size, indexed.flatMap(rarePrefix)),
    groupsOf: createPostings(table.size, groups.flatMap(groupPrefix)),
  }
}

function leastShared(size: number, share: number): number {
  return Math.ceil(share * size - 1e-9)
}

function groupByCommonGrams(texts: readonly IndexedText[]): TextGroup[] {
  const groups = new Map<string, TextGroup>()
  for (const [i, { grams, common, floor }] of texts.entries()) {
    if (common < floor) continue
    const own = grams.subarray(0, common)
    const key = own.join()
    const group = groups.get(key) ?? { grams: own, floor, texts: [] }
    group.floor = Math.min(group.floor, floor)
    group.texts.push(i)
    groups.set(key, group)
  }
  for (const { texts: members } of groups.values()) members.sort((a, b) => texts[a]!.leak - texts[b]!.leak || a - b)
  return [...groups.values()]
}

function rarePrefix({ grams, common, floor }: IndexedText, target: number): { place: number; target: number }[] {
  const from = Math.max(common, floor - 1)
  return [...grams.subarray(from)].map((place) => ({ place, target }))
}

function groupPrefix({ grams, floor }: TextGroup, target: number): { place: number; target: number }[] {
  return [...grams.subarray(floor - 1)].map((place) => ({ place, target }))
}
