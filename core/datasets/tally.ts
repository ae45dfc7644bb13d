import type { Tally } from '../../schemas/distribution.ts'

const shownValues = 100
const countedValues = 10_000
const maxLabel = 100
export const otherLabel = '(other)'

/**
 * Counts rows by a label. Shows the 100 most frequent, ties by name, the rest as "(other)", as is whatever comes first after 10,000
 * different ones. Labels are cut to 100 characters.
 */
export function createTally(): { add(label: string): void; toJSON(): Tally } {
  const counts = new Map<string, number>()
  let others = 0
  return {
    add(label) {
      const key = label.length > maxLabel ? `${label.slice(0, maxLabel - 1).toWellFormed()}…` : label
      const known = counts.get(key)
      if (known === undefined && counts.size >= countedValues) others += 1
      else counts.set(key, (known ?? 0) + 1)
    },
    toJSON() {
      const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
      const rest = sorted.slice(shownValues).reduce((sum, [, count]) => sum + count, others)
      const shown = new Map(sorted.slice(0, shownValues))
      if (rest > 0) shown.set(otherLabel, (shown.get(otherLabel) ?? 0) + rest)
      return Object.fromEntries(shown)
    },
  }
}
