import { digestJson } from '../../platform/digest.ts'
import { words } from '../../text/row-text.ts'
import { createScanner, type WordScan } from '../../text/scan-words.ts'
import type { BestMatch } from './containment-pass.ts'
import { maskDigits } from './grams.ts'
import { checkLeakOptions, type LeakOptions } from './leak-options.ts'
import { createLongItems, type Match } from './long-items.ts'
import { createLongRuns } from './long-runs.ts'
import { createShortItems } from './short-items.ts'

/** Leaks of one sample and one pass that are told, the worst first; the best match of every item is kept all the same. */
export const maxFindings = 16
/** A masked item of fewer different words that are not numbers matches nearly any sample with numbers in it. */
const minTellingWords = 3

export interface LeakItem {
  suite: string
  index: number
  text: string
}

export interface LeakFinding {
  pass: 'plain' | 'masked'
  suite: string
  item: number
  /** Share of the item's n-grams that the sample holds; 1 for a short item. */
  containment: number
}

/** How near an item came to the samples so far, below the threshold by hashes alone; null under one half, or not judged. */
export interface ItemMatch {
  suite: string
  item: number
  plain: BestMatch | null
  masked: BestMatch | null
  /** Whether some sample holds 13 words in a row of it: information, no verdict. */
  thirteen: boolean
}

export interface LeakIndex {
  items: number
  /** Items that a pass cannot judge: without any word; masked, with too few words that are not numbers. */
  unjudged: { plain: number; masked: number }
  digest: string
  /** `row` is what best matches are told by: the number of the call, from 0, when absent. `scan` is of this text. */
  check(text: string, row?: number, scan?: WordScan): LeakFinding[]
  best(): ItemMatch[]
  /** `best` of the items that came near a sample since the last call, which it forgets. */
  takeBest(): ItemMatch[]
}

/**
 * Finds samples that hold an evaluation item: containment |S ∩ E| / |E| over distinct word n-grams >= `threshold`, in the text as it
 * is and, with `masked`, with each run of digits as one 0. A Han or kana character is a word, so there they are character n-grams. An
 * item of fewer than n words is found as a run of whole words, in the plain pass only. Hashes find, words decide. Fault `invalid`.
 */
export function createLeakIndex(source: Iterable<LeakItem>, options: LeakOptions): LeakIndex {
  const items = [...source]
  checkLeakOptions(options)
  const { ngram, threshold, masked: alsoMasked } = options
  const limits = { ngram, threshold, maxMatches: maxFindings }
  const plainWords = items.map(({ text }) => words(text))
  const plain = numbered(plainWords)
  const maskedWords = alsoMasked ? plainWords.map((each) => each.map(maskDigits)) : []
  const judged = numbered(maskedWords).filter(({ words: each }) => isTelling(each, ngram))

  const long = createLongItems(
    plain.filter(({ words: each }) => each.length >= ngram),
    limits,
  )
  const short = createShortItems(
    plain.filter(({ words: each }) => each.length > 0 && each.length < ngram),
    maxFindings,
  )
  const masked = createLongItems(judged, limits)
  const runs = createLongRuns(plainWords)
  const scanner = createScanner()
  let calls = 0

  const index: LeakIndex = {
    items: items.length,
    unjudged: {
      plain: plainWords.filter((each) => each.length === 0).length,
      masked: maskedWords.filter((each, i) => changed(each, plainWords[i]!) && !isTelling(each, ngram)).length,
    },
    digest: digestJson({ ngram, threshold, masked: alsoMasked, items }),
    check(text, row = calls, scan = scanner.scan(text)) {
      calls++
      const { hashes, count } = scan
      let own: string[] | undefined
      const wordsOf = () => {
        own ??= words(text)
        return own
      }
      runs.check(hashes, count)
      const matches = [...long.check(hashes, count, row, wordsOf), ...short.check(hashes, count, row, wordsOf)]
      const maskedMatches = alsoMasked ? masked.check(scan.masked, count, row, () => wordsOf().map(maskDigits)) : []
      return [...findings('plain', matches), ...findings('masked', maskedMatches)]
    },
    best() {
      const plainBest = new Map([...long.best(), ...short.best()])
      const maskedBest = masked.best()
      return items.map(({ suite, index }, i) => ({
        suite,
        item: index,
        plain: plainBest.get(i) ?? null,
        masked: maskedBest.get(i) ?? null,
        thirteen: runs.shared(i),
      }))
    },
    takeBest() {
      const near = index.best().filter(({ plain, masked, thirteen }) => plain || masked || thirteen)
      for (const each of [long, short, masked, runs]) each.forget()
      return near
    },
  }
  return index

  function findings(pass: LeakFinding['pass'], matches: Match[]): LeakFinding[] {
    return matches
      .sort((a, b) => b.containment - a.containment || a.item - b.item)
      .slice(0, maxFindings)
      .map(({ item, containment }) => ({ pass, suite: items[item]!.suite, item: items[item]!.index, containment }))
  }
}

function numbered(texts: string[][]): { words: string[]; item: number }[] {
  return texts.map((each, item) => ({ words: each, item }))
}

function isTelling(masked: readonly string[], ngram: number): boolean {
  const telling = new Set(masked.filter((word) => word !== '0'))
  return masked.length >= ngram && telling.size >= Math.min(minTellingWords, ngram)
}

/** Without a digit the masked item is the plain one, which the plain pass judges. */
function changed(masked: readonly string[], plain: readonly string[]): boolean {
  return masked.some((word, i) => word !== plain[i])
}
