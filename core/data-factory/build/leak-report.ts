import type { Build } from '../../../schemas/build.ts'
import type { BestMatch } from '../leak/containment-pass.ts'
import type { ItemMatches } from './item-matches.ts'

/** Rows of the sources before this one: added to a line number, they number the rows of all sources. */
export function rowsBefore({ sources }: Pick<Build, 'sources'>, source: number): number {
  return sources.slice(0, source).reduce((sum, { rows }) => sum + rows, 0)
}

/**
 * What a build found of evaluation items in its rows, those left out included: items and lines count from 1, containment is a share of
 * the item's n-grams. Below one half nothing is told.
 */
export function leakReport(build: Pick<Build, 'sources' | 'suites'>, items: number, matches: ItemMatches) {
  const placed = (match: BestMatch | null) => match && { containment: match.containment, ...placeOf(build, match.row) }
  return {
    items,
    suites: build.suites,
    unjudged: matches.unjudged,
    thirteen: matches.thirteen,
    closest: matches.closest.map(({ suite, item, plain, masked, thirteen }) => ({
      suite,
      item: item + 1,
      plain: placed(plain),
      masked: placed(masked),
      thirteen,
    })),
  }
}

function placeOf(build: Pick<Build, 'sources'>, row: number): { source: string; line: number } {
  let source = 0
  while (source + 1 < build.sources.length && row > rowsBefore(build, source + 1)) source += 1
  const { dataset = '', digest = '' } = build.sources[source] ?? {}
  return { source: `${dataset}@${digest}`, line: row - rowsBefore(build, source) }
}
