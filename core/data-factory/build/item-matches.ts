import type { ItemMatch, LeakIndex } from '../leak/leak-index.ts'
import { mergeMatches } from '../leak/merge-matches.ts'
import type { PreparedBatch } from './prepare-batch.ts'

const reported = 100

export interface ItemMatches {
  unjudged: LeakIndex['unjudged']
  /** Items of which a row holds 13 words in a row: information, no verdict. */
  thirteen: number
  /** The items nearest to any row, at most 100: by the greatest containment in either pass, then by suite and item. */
  closest: ItemMatch[]
}

/** The best match of each evaluation item over batches, the same in whatever order they come. */
export function createItemMatches() {
  const known = new Map<string, Map<number, ItemMatch>>()
  let unjudged: LeakIndex['unjudged'] = { plain: 0, masked: 0 }

  return {
    /** `before` rows lie before the source of the batch. */
    add(batch: Pick<PreparedBatch, 'matches' | 'unjudged'>, before = 0): void {
      unjudged = batch.unjudged ?? unjudged
      for (const near of batch.matches) {
        const match = { ...near, plain: moved(near.plain, before), masked: moved(near.masked, before) }
        const items = known.get(match.suite) ?? new Map<number, ItemMatch>()
        known.set(match.suite, items)
        const earlier = items.get(match.item)
        const [best = match] = earlier ? mergeMatches([[earlier], [match]]) : []
        items.set(match.item, best)
      }
    },
    finish(): ItemMatches {
      const all = [...known.values()].flatMap((items) => [...items.values()])
      const near = all.filter((match) => containmentOf(match) > 0)
      return {
        unjudged,
        thirteen: all.filter(({ thirteen }) => thirteen).length,
        closest: near.sort(nearestFirst).slice(0, reported),
      }
    },
  }
}

export const containmentOf = ({ plain, masked }: ItemMatch) =>
  Math.max(plain?.containment ?? 0, masked?.containment ?? 0)

function nearestFirst(a: ItemMatch, b: ItemMatch): number {
  const byContainment = containmentOf(b) - containmentOf(a)
  if (byContainment !== 0) return byContainment
  return a.suite === b.suite ? a.item - b.item : a.suite < b.suite ? -1 : 1
}

function moved(match: ItemMatch['plain'], before: number): ItemMatch['plain'] {
  return match && { ...match, row: match.row + before }
}
