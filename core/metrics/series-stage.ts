import type { Column } from './columns.ts'
import { rowOf, valuesInRows } from './series-part.ts'
import type { StageSeries } from './series-reader.ts'
import { lowerBound } from './series-search.ts'
import { namesOf, type Span } from './series-view.ts'

/** The rows of the spans as one list of rows. */
export async function createStageSeries(spans: readonly Span[]): Promise<StageSeries> {
  const starts = Float64Array.from(spans, () => 0)
  let rows = 0
  spans.forEach(({ from, to }, i) => {
    starts[i] = rows
    rows += to - from
  })
  const times = await Promise.all(spans.map(({ part }) => part.times()))
  return {
    steps: joined(
      spans,
      spans.map(({ part }) => part.steps),
    ),
    times: joined(spans, times),
    attemptAt(row) {
      const at = lowerBound(starts, row + 1) - 1
      return (spans[at] as Span).attempt
    },
    names: () => namesOf(spans),
    async column(name) {
      const column: Column = { name, values: new Float64Array(rows), present: new Uint8Array(rows) }
      let count = 0
      for (const [i, span] of spans.entries()) count += await fill(column, span, starts[i] as number)
      if (count === 0) return undefined
      return count === rows ? { name, values: column.values } : column
    },
  }
}

/** Copies a span's values to where its rows begin, and says how many there are. */
async function fill({ name, values, present }: Column, { part, from, to }: Span, start: number): Promise<number> {
  const points = await part.points(name)
  if (points === undefined) return 0
  const [first, end] = valuesInRows(points, from, to)
  const slices = await points.load([[first, end]])
  let at = first
  for (const slice of slices(first, end))
    for (const value of slice) {
      const row = start + rowOf(points, at) - from
      values[row] = value
      if (present) present[row] = 1
      at += 1
    }
  return end - first
}

function joined(spans: readonly Span[], numbers: readonly Float64Array[]): Float64Array {
  const [first] = spans
  if (spans.length === 1 && first) return (numbers[0] as Float64Array).subarray(first.from, first.to)
  const all = new Float64Array(spans.reduce((sum, { from, to }) => sum + to - from, 0))
  let at = 0
  for (const [i, { from, to }] of spans.entries()) {
    all.set((numbers[i] as Float64Array).subarray(from, to), at)
    at += to - from
  }
  return all
}
