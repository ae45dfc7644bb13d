import type { Severity } from '../../../schemas/diagnostics.ts'
import type { Bucketed } from '../series/bucketed.ts'
import { lastAtOrBefore, nearestBucket, type StepRange } from '../series/locate.ts'

export type Axis = 'step' | 'time'

/** One metric of one run as a line. */
export interface Line {
  key: string
  label: string
  note?: string
  series: Bucketed
  /** Of the palette, from 0. */
  colour: number
  dash?: boolean
  /** Epoch milliseconds from which relative time counts. */
  origin: number
}

export interface Mark {
  id: string
  step: number
  severity: Severity
  label: string
  /** It was found in a metric of this chart. */
  isNear: boolean
}

/** All that a chart shows. */
export interface Picture {
  lines: Line[]
  marks: Mark[]
  range: StepRange | undefined
  axis: Axis
  log: boolean
  /** In [0, 1): what stays of the past. */
  smoothing: number
}

/** Where a bucket stands on the axis: its middle step, or seconds since the start; NaN when its time is not known. */
export function positionOf({ series, origin }: Line, index: number, axis: Axis): number {
  if (axis === 'time') return ((series.time[index] ?? Number.NaN) - origin) / 1000
  return ((series.from[index] ?? Number.NaN) + (series.to[index] ?? Number.NaN)) / 2
}

/** Where a line begins and ends. */
export function edgesOf(line: Line, axis: Axis): number[] {
  const { from, to } = line.series
  if (axis === 'step') return [from[0] ?? Number.NaN, to.at(-1) ?? Number.NaN]
  return [positionOf(line, 0, axis), positionOf(line, from.length - 1, axis)]
}

/** Where a step stands on the axis of a line. */
export function positionOfStep(line: Line, step: number, axis: Axis): number {
  if (axis === 'step') return step
  const at = nearestBucket(line.series, step)
  return at < 0 ? Number.NaN : positionOf(line, at, axis)
}

/** The step that stands at a position of the axis. */
export function stepAt(line: Line, position: number, axis: Axis): number {
  if (axis === 'step') return Math.round(position)
  const at = lastAtOrBefore(line.series.time, position * 1000 + line.origin)
  return line.series.from[Math.max(0, at)] ?? 0
}

/** Buckets within a range of steps, with one more on each side so that lines reach the edges: first index, and one behind the last. */
export function windowOf({ from, to }: Bucketed, range: StepRange | undefined): [number, number] {
  if (!range) return [0, from.length]
  const start = Math.max(0, lastAtOrBefore(to, range.from))
  return [start, Math.min(from.length, lastAtOrBefore(from, range.to) + 2)]
}
