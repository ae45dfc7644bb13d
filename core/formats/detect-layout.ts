import { type RowFormat, rowFormats } from '../../schemas/rows.ts'
import { checkRow } from './check-row.ts'
import { isFields, type Layout } from './layouts/layout.ts'
import type { LayoutName } from './layouts/layout-names.ts'
import { foreignLayouts, layoutOf } from './layouts/layouts.ts'

/** Rows looked at. */
export const sniffedRows = 64

interface Candidate {
  layout: LayoutName
  format: RowFormat
  /** What was seen, in how many rows. */
  evidence: string[]
}

export interface Detected extends Candidate {
  /** Other layouts that the rows look like, best first; empty when there is no doubt. */
  alternatives: Candidate[]
}

/**
 * What the first rows (64 at most are looked at) are laid out as; undefined when they look like nothing known. The first row that
 * looks like anything decides; of its layouts canonical is taken unless most rows are not canonical and another reads more of them.
 */
export function detectLayout(
  rows: readonly unknown[],
  asked: { layout?: LayoutName | undefined; format?: RowFormat | undefined } = {},
): Detected | undefined {
  const looked = rows.slice(0, sniffedRows)
  const weighed = candidates(asked)
    .map((candidate) => weigh(looked, candidate))
    .filter(({ seen }) => seen > 0)
    .sort(better)
  const [best, ...others] = weighed
  if (!best) return undefined
  const { layout, format } = best
  return {
    layout,
    format,
    evidence: best.evidence,
    alternatives: others.map(({ layout, format, evidence }) => ({ layout, format, evidence })),
  }
}

interface Weighed extends Candidate {
  first: number
  seen: number
  readable: number
}

function candidates(asked: { layout?: LayoutName | undefined; format?: RowFormat | undefined }) {
  const formats = Object.keys(rowFormats) as RowFormat[]
  const all = [
    ...formats.map((format) => ({ layout: 'canonical' as LayoutName, format })),
    ...Object.entries(foreignLayouts).map(([layout, { format }]) => ({ layout: layout as LayoutName, format })),
  ]
  return all.filter(({ layout, format }) => layout === (asked.layout ?? layout) && format === (asked.format ?? format))
}

function weigh(rows: readonly unknown[], { layout: name, format }: { layout: LayoutName; format: RowFormat }): Weighed {
  const layout = layoutOf(name, format)
  const counts = new Map<string, number>()
  let first = -1
  let readable = 0
  rows.forEach((row, i) => {
    const what = isFields(row) ? layout.seen(row) : undefined
    if (what === undefined) return
    counts.set(what, (counts.get(what) ?? 0) + 1)
    if (first === -1) first = i
    if (isReadable(row, layout)) readable += 1
  })
  const evidence = [...counts].map(([what, count]) => `${count} of ${rows.length} rows have ${what}`)
  const seen = [...counts.values()].reduce((sum, count) => sum + count, 0)
  if (readable < seen) evidence.push(`${seen - readable} of them cannot be read as ${name} without a problem`)
  return { layout: name, format, evidence, first, seen, readable }
}

function isReadable(row: unknown, layout: Layout): boolean {
  const read = isFields(row) ? layout.read(row) : []
  return !Array.isArray(read) && !Array.isArray(checkRow(read, layout.format))
}

function better(a: Weighed, b: Weighed): number {
  return a.first - b.first || rank(b) - rank(a) || b.readable - a.readable || b.seen - a.seen
}

/** A few bad rows do not make a canonical file a foreign one. */
function rank({ layout, readable, seen }: Weighed): number {
  return layout === 'canonical' && 2 * readable >= seen ? 1 : 0
}
