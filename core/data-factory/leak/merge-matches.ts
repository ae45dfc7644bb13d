import { type BestMatch, betterMatch } from './containment-pass.ts'
import type { ItemMatch } from './leak-index.ts'

/** The best of each item over parts of a dataset that were checked with the same items. Rows must be numbered over the whole. */
export function mergeMatches(parts: readonly ItemMatch[][]): ItemMatch[] {
  const [first = [], ...others] = parts
  return first.map((match, i) => {
    const same = [match, ...others.map((part) => part[i]!)]
    return {
      suite: match.suite,
      item: match.item,
      plain: bestOf(same.map(({ plain }) => plain)),
      masked: bestOf(same.map(({ masked }) => masked)),
      thirteen: same.some(({ thirteen }) => thirteen),
    }
  })
}

function bestOf(matches: (BestMatch | null)[]): BestMatch | null {
  return matches.reduce((best, match) => (match ? betterMatch(best ?? undefined, match) : best), null)
}
