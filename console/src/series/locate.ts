import type { Bucketed } from './bucketed.ts'

export interface StepRange {
  from: number
  to: number
}

/** Index of the bucket nearest to a step; -1 of an empty series. */
export function nearestBucket(series: Bucketed, step: number): number {
  const { from } = series
  if (from.length === 0) return -1
  const at = lastAtOrBefore(from, step)
  if (at < 0) return 0
  const after = from[at + 1]
  if (after === undefined || step <= (series.to[at] ?? 0)) return at
  return step - (series.to[at] ?? 0) <= after - step ? at : at + 1
}

/** Index of the last value that is not above the wanted one, in ascending values; -1 when all are. */
export function lastAtOrBefore(ascending: readonly number[], wanted: number): number {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ascending[middle] ?? 0) <= wanted) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** The steps that several series cover together; undefined when all are empty. */
export function extentOf(series: Iterable<Bucketed>): StepRange | undefined {
  let extent: StepRange | undefined
  for (const { from, to } of series) {
    const [first, last] = [from[0], to.at(-1)]
    if (first === undefined || last === undefined) continue
    extent = { from: Math.min(first, extent?.from ?? first), to: Math.max(last, extent?.to ?? last) }
  }
  return extent
}

/** A range about a step, `factor` times as wide, within bounds and never narrower than two steps. */
export function zoomAbout(range: StepRange, step: number, factor: number, bounds: StepRange): StepRange | undefined {
  const width = Math.max(2, (range.to - range.from) * factor)
  if (width >= bounds.to - bounds.from) return undefined
  const share = (step - range.from) / Math.max(1, range.to - range.from)
  const from = Math.round(Math.min(Math.max(bounds.from, step - share * width), bounds.to - width))
  return { from, to: Math.round(from + width) }
}

/** A range moved by a share of its width, within bounds. */
export function pan(range: StepRange, share: number, bounds: StepRange): StepRange {
  const width = range.to - range.from
  const from = Math.round(Math.min(Math.max(bounds.from, range.from + share * width), bounds.to - width))
  return { from, to: from + width }
}
