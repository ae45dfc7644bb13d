import type { Tally } from '../../../schemas/distribution.ts'
import type { Measure } from './measure.ts'

export const categoriesDefinition = 'categories/1'
const maxListed = 100

export interface Categories extends Measure {
  value: number
  without: number
  /** Value -> samples, the most frequent first; past 100 values the rest counts as "(other)". */
  samples: Tally
}

/** A dictionary column, streaming: each value gets the next number, no value -1. */
export function createCategories() {
  const numbers = new Map<string, number>()
  const counts: number[] = []
  let without = 0

  return {
    add(value: string | undefined): number {
      if (value === undefined) {
        without++
        return -1
      }
      let number = numbers.get(value)
      if (number === undefined) {
        number = numbers.size
        numbers.set(value, number)
        counts.push(0)
      }
      counts[number]!++
      return number
    },
    names: (): string[] => [...numbers.keys()],
    finish(): Categories {
      const ranked = [...numbers].map(([name, i]) => [name, counts[i]!] as const).sort((a, b) => b[1] - a[1])
      const other = ranked.slice(maxListed).reduce((sum, [, count]) => sum + count, 0)
      return {
        value: numbers.size,
        n: counts.reduce((sum, count) => sum + count, without),
        definition: categoriesDefinition,
        flags: without > 0 ? ['samples_without'] : [],
        without,
        samples: Object.fromEntries([
          ...ranked.slice(0, maxListed),
          ...(other > 0 ? [['(other)', other] as const] : []),
        ]),
      }
    },
  }
}
