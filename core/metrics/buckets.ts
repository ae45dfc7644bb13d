import type { MetricBuckets } from '../../schemas/metrics.ts'
import { addNode, walkPyramid } from './pyramid.ts'
import { addValues, createSummary, meanOf, type Summary } from './pyramid-summary.ts'
import { type Points, rowOf, type Slices, valuesInRows } from './series-part.ts'
import type { Span } from './series-view.ts'

/** Equal parts of the steps `from` to `to` (inclusive). */
export interface StepParts {
  from: number
  to: number
  parts: number
}

interface Bucket {
  from: number
  to: number
  time: number
  summary: Summary
}

/** A range of values of one bucket. */
interface Piece {
  bucket: number
  from: number
  to: number
}

/** At most `most` equal parts of the steps of the spans. */
export function stepParts(spans: readonly Span[], most: number): StepParts | undefined {
  const [first, last] = [spans[0], spans.at(-1)]
  if (first === undefined || last === undefined) return undefined
  const from = first.part.steps[first.from] as number
  const to = last.part.steps[last.to - 1] as number
  return { from, to, parts: Math.min(most, to - from + 1) }
}

/** The values of one metric by parts of the steps, those without a value left out; undefined when there is none. Exact. */
export async function bucketsOf(
  spans: readonly Span[],
  name: string,
  parts: StepParts,
): Promise<MetricBuckets | undefined> {
  const buckets = new Map<number, Bucket>()
  for (const span of spans) {
    const [points, times] = await Promise.all([span.part.points(name), span.part.times()])
    if (points === undefined) continue
    const pieces = piecesOf(span, points, parts)
    if (pieces.length === 0) continue
    const slices = await points.load(edgesOf(points, pieces))
    for (const piece of pieces) addPiece(buckets, piece, span, points, slices, times)
  }
  return buckets.size === 0 ? undefined : asColumns([...buckets.values()])
}

function piecesOf({ part: { steps }, from, to }: Span, points: Points, parts: StepParts): Piece[] {
  const pieces: Piece[] = []
  for (let row = from; row < to; ) {
    const bucket = partOf(steps[row] as number, parts)
    const end = endOfPart(steps, row, to, bucket, parts)
    const [first, last] = valuesInRows(points, row, end)
    if (first < last) pieces.push({ bucket, from: first, to: last })
    row = end
  }
  return pieces
}

/** Rounded, but never descending where steps ascend. */
function partOf(step: number, { from, to, parts }: StepParts): number {
  const width = (to - from + 1) / parts
  return Math.min(parts - 1, Math.floor((step - from) / width))
}

/** The first row behind `row` that belongs to a later part. */
function endOfPart(steps: Float64Array, row: number, to: number, bucket: number, parts: StepParts): number {
  let low = row + 1
  let high = to
  while (low < high) {
    const middle = (low + high) >>> 1
    if (partOf(steps[middle] as number, parts) > bucket) high = middle
    else low = middle + 1
  }
  return low
}

/** The values that no node of the pyramid stands for. */
function edgesOf(points: Points, pieces: readonly Piece[]): [number, number][] {
  const edges: [number, number][] = []
  for (const { from, to } of pieces)
    walkPyramid(
      points.pyramid,
      from,
      to,
      () => {},
      (first, end) => edges.push([first, end]),
    )
  return edges
}

function addPiece(
  buckets: Map<number, Bucket>,
  { bucket, from, to }: Piece,
  { part: { steps } }: Span,
  points: Points,
  slices: Slices,
  times: Float64Array,
): void {
  const row = rowOf(points, from)
  const own = buckets.get(bucket) ?? {
    from: steps[row] as number,
    to: 0,
    time: times[row] as number,
    summary: createSummary(),
  }
  buckets.set(bucket, own)
  own.to = steps[rowOf(points, to - 1)] as number
  walkPyramid(
    points.pyramid,
    from,
    to,
    (level, node) => addNode(own.summary, level, node),
    (first, end) => {
      for (const slice of slices(first, end)) addValues(own.summary, slice, 0, slice.length)
    },
  )
}

function asColumns(buckets: readonly Bucket[]): MetricBuckets {
  const each = <T>(pick: (bucket: Bucket) => T) => buckets.map(pick)
  const finite = (value: number | undefined) => (value !== undefined && Number.isFinite(value) ? value : null)
  return {
    from: each(({ from }) => from),
    to: each(({ to }) => to),
    time: each(({ time }) => finite(time)),
    count: each(({ summary }) => summary.count),
    min: each(({ summary }) => finite(summary.min)),
    max: each(({ summary }) => finite(summary.max)),
    mean: each(({ summary }) => finite(meanOf(summary))),
    nan: each(({ summary }) => summary.nan),
    positive_infinity: each(({ summary }) => summary.positiveInfinity),
    negative_infinity: each(({ summary }) => summary.negativeInfinity),
  }
}
