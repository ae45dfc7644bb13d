import type { MetricSeries } from '../../schemas/metrics.ts'
import { toWire } from './columns.ts'
import { rowOf, valuesInRows } from './series-part.ts'
import type { Span } from './series-view.ts'

/** How many values of a metric lie in the spans. Reads no value. */
export async function countPoints(spans: readonly Span[], name: string): Promise<number> {
  let count = 0
  for (const { part, from, to } of spans) {
    const points = await part.points(name)
    if (points === undefined) continue
    const [first, end] = valuesInRows(points, from, to)
    count += end - first
  }
  return count
}

/** Every point of a metric in step order, with its time in epoch milliseconds when `withTimes`. */
export async function rawPoints(
  spans: readonly Span[],
  name: string,
  withTimes: boolean,
): Promise<Pick<MetricSeries, 'points' | 'times'>> {
  const found: MetricSeries['points'] = []
  const foundTimes: (number | null)[] = []
  for (const { part, from, to } of spans) {
    const points = await part.points(name)
    if (points === undefined) continue
    const [first, end] = valuesInRows(points, from, to)
    const slices = await points.load([[first, end]])
    const times = withTimes ? await part.times() : undefined
    let at = first
    for (const slice of slices(first, end))
      for (const value of slice) {
        const row = rowOf(points, at)
        found.push([part.steps[row] as number, toWire(value)])
        if (times) foundTimes.push(knownTime(times[row] as number))
        at += 1
      }
  }
  return withTimes ? { points: found, times: foundTimes } : { points: found }
}

const knownTime = (time: number): number | null => (Number.isFinite(time) ? time : null)
