import type { GramIndex, IndexedText } from './gram-index.ts'
import type { Postings } from './postings.ts'

/** A text that may leak by its hashes: `shared` is at least the number of its grams that the sample holds. */
export interface Suspect {
  text: number
  shared: number
}

export interface BestMatch {
  /** Share of the item's n-grams, 0..1. */
  containment: number
  row: number
}

/** Compares samples with every text of an index at once, by hashes. */
export function createContainmentPass({ table, texts, groups, textsOf, groupsOf }: GramIndex, maxSuspects: number) {
  // What bears the number of the present sample was met in it; so nothing has to be cleared.
  const gramSeen = new Uint32Array(table.size)
  const textSeen = new Uint32Array(texts.length)
  const groupSeen = new Uint32Array(groups.length)
  const textBest = new Map<number, { shared: number; row: number }>()
  const groupBest = new Map<number, { shared: number; row: number }>()
  let sample = 0

  return {
    /** Texts that the sample may leak, the most contained first, at most `maxSuspects` of each template. */
    check(grams: Uint32Array, count: number, row: number): Suspect[] {
      sample++
      const met: number[] = []
      for (let at = 0; at < count; at++) {
        const place = table.find(grams[at]!)
        if (place < 0 || gramSeen[place] === sample) continue
        gramSeen[place] = sample
        met.push(place)
      }
      if (met.length === 0) return []

      const suspects: Suspect[] = []
      for (const text of firstMet(met, textsOf, textSeen)) {
        const { grams: own, floor, leak } = texts[text]!
        const shared = sharedOrTooFew(own, floor)
        if (shared >= floor) keepBest(textBest, text, shared, row)
        if (shared >= leak) suspects.push({ text, shared })
      }
      for (const group of firstMet(met, groupsOf, groupSeen)) {
        const { grams: own, floor, texts: members } = groups[group]!
        const shared = sharedOrTooFew(own, floor)
        if (shared < floor) continue
        keepBest(groupBest, group, shared, row)
        let left = maxSuspects
        for (const text of members) {
          if (left === 0 || texts[text]!.leak > shared) break
          if (textSeen[text] === sample) continue
          suspects.push({ text, shared })
          left--
        }
      }
      return suspects.sort((a, b) => containment(b) - containment(a) || a.text - b.text)
    },
    /** Takes back a record of the present sample: its hashes agreed, its words did not. */
    correct(text: number, shared: number, row: number): void {
      const best = textBest.get(text)
      if (best?.row === row) best.shared = shared
    },
    /** Each text's best match, absent below its floor. Groups first: what a text shares beyond its template only adds. */
    best(): Map<number, BestMatch> {
      const best = new Map<number, BestMatch>()
      for (const [group, { shared, row }] of groupBest)
        for (const text of groups[group]!.texts) if (shared >= texts[text]!.floor) offer(best, text, shared, row)
      for (const [text, { shared, row }] of textBest) if (shared >= texts[text]!.floor) offer(best, text, shared, row)
      return best
    },
    forget(): void {
      textBest.clear()
      groupBest.clear()
    },
  }

  function* firstMet(met: readonly number[], { starts, targets }: Postings, seen: Uint32Array): Generator<number> {
    for (const place of met) {
      for (let at = starts[place]!; at < starts[place + 1]!; at++) {
        const target = targets[at]!
        if (seen[target] === sample) continue
        seen[target] = sample
        yield target
      }
    }
  }

  /** How many of these grams the sample holds, or 0 as soon as they cannot be `floor`. */
  function sharedOrTooFew(own: IndexedText['grams'], floor: number): number {
    let mayMiss = own.length - floor
    let shared = 0
    for (const place of own) {
      if (gramSeen[place] === sample) shared++
      else if (--mayMiss < 0) return 0
    }
    return shared
  }

  function containment({ text, shared }: Suspect): number {
    return shared / texts[text]!.size
  }

  function offer(best: Map<number, BestMatch>, text: number, shared: number, row: number): void {
    const match = { containment: containment({ text, shared }), row }
    best.set(text, betterMatch(best.get(text), match))
  }
}

export function betterMatch(one: BestMatch | undefined, other: BestMatch): BestMatch {
  if (!one || one.containment < other.containment) return other
  return one.containment === other.containment && other.row < one.row ? other : one
}

function keepBest(best: Map<number, { shared: number; row: number }>, key: number, shared: number, row: number): void {
  const known = best.get(key)
  if (!known) best.set(key, { shared, row })
  else if (shared > known.shared) {
    known.shared = shared
    known.row = row
  }
}
