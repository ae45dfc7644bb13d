import { smooth } from '../series/smooth.ts'
import { type Line, type Picture, positionOf, windowOf } from './picture.ts'

export type Point = [x: number, y: number]

/** What of a line is drawn: its means, their moving average, the band of least to greatest, and what is not finite. */
export interface DrawnLine {
  means: Point[]
  smoothed: Point[]
  band: [x: number, min: number, max: number][]
  /** At the top what is NaN or grows without bound, at the bottom what falls. */
  odd: Point[]
  /** Values that a logarithmic axis cannot show. */
  notShown: number
}

export function drawnLine(line: Line, { range, axis, log, smoothing }: Omit<Picture, 'lines' | 'marks'>): DrawnLine {
  const { series } = line
  const [start, end] = windowOf(series, range)
  const drawn: DrawnLine = { means: [], smoothed: [], band: [], odd: [], notShown: 0 }
  const averages = smoothing > 0 ? smooth(series.mean, smoothing) : []
  const shown = (value: number | undefined) => (value === undefined || (log && !(value > 0)) ? Number.NaN : value)
  for (let index = start; index < end; index += 1) {
    const x = positionOf(line, index, axis)
    if (Number.isNaN(x)) continue
    const mean = series.mean[index] ?? Number.NaN
    if (log && mean <= 0) drawn.notShown += 1
    drawn.means.push([x, shown(mean)])
    if (smoothing > 0) drawn.smoothed.push([x, shown(averages[index])])
    drawn.band.push([x, shown(series.min[index]), shown(series.max[index])])
    if ((series.nan[index] ?? 0) + (series.up[index] ?? 0) > 0) drawn.odd.push([x, 1])
    if ((series.down[index] ?? 0) > 0) drawn.odd.push([x, 0])
  }
  if (drawn.band.every(([, min, max]) => !(max > min))) drawn.band = []
  return drawn
}

/** Points with no neighbour on either side: a line would not show them. */
export function isolated(points: readonly Point[]): Set<number> {
  const isGap = (index: number) => Number.isNaN(points[index]?.[1] ?? Number.NaN)
  return new Set(points.flatMap((_, index) => (!isGap(index) && isGap(index - 1) && isGap(index + 1) ? [index] : [])))
}
