const mostBuckets = 30
/** Where the largest value is this many times the median, equal buckets would put nearly all values into the first. */
const longTail = 30

/**
 * Edges of a histogram from `min` to `max`, ascending, on round numbers: equal steps, or 1-2-5 steps for values from 0 on with a
 * long tail. One value alone gets the bucket [value, value]. Buckets of `whole` numbers hold whole numbers of them.
 */
export function histogramEdges(min: number, max: number, median: number, whole = false): number[] {
  if (min === max) return [min, max]
  const edges = min >= 0 && max > longTail * Math.max(median, 1) ? growingEdges(min, max) : equalEdges(min, max, whole)
  const covers = (edges[0] as number) <= min && (edges.at(-1) as number) >= max
  const ascends = edges.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > (edges[i - 1] as number)))
  const few = edges.length > 1 && edges.length <= 2 * mostBuckets + 1
  // Else the values are too close or too far apart for round numbers.
  return few && covers && ascends ? edges : [min, max]
}

function equalEdges(min: number, max: number, whole: boolean): number[] {
  const least = Math.max(whole ? 1 : 0, (max - min) / mostBuckets)
  const power = 10 ** Math.floor(Math.log10(least))
  const factor = [1, 2, 5, 10].find((each) => each * power >= least) ?? 10
  const step = factor * power
  const first = Math.floor(min / step)
  // The last bucket is closed: of whole numbers it would hold one more than the others.
  const last = whole ? Math.floor(max / step) + 1 : Math.ceil(max / step)
  if (!(last - first <= 2 * mostBuckets)) return []
  return Array.from({ length: last - first + 1 }, (_, i) => rounded((first + i) * step))
}

function growingEdges(min: number, max: number): number[] {
  const from = min < 1 ? 0 : Math.floor(Math.log10(min))
  const to = Math.ceil(Math.log10(max))
  const factors = 3 * (to - from) <= mostBuckets ? [1, 2, 5] : [1]
  const all = Array.from({ length: to - from + 1 }, (_, i) =>
    factors.map((each) => rounded(each * 10 ** (from + i))),
  ).flat()
  const edges = min < 1 ? [0, ...all] : all
  const start = edges.findLastIndex((edge) => edge <= min)
  const end = edges.findIndex((edge) => edge >= max)
  return start === -1 || end === -1 ? [] : edges.slice(start, end + 1)
}

/** Without the tail of digits that steps like 0.1 leave. */
function rounded(value: number): number {
  return Number(value.toPrecision(12))
}
