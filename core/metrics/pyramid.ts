import { addExactly } from './pyramid-sum.ts'
import { addValues, createSummary, type Summary } from './pyramid-summary.ts'

/** Values under a node of the lowest level, 2^6, and nodes under each node above, 2^2. */
const leafSize = 64
const fanOut = 4
const sumParts = 3

export const levelFields = ['min', 'max', 'nan', 'positive', 'negative', 'sum0', 'sum1', 'sum2'] as const
type Field = (typeof levelFields)[number]

/** Nodes of `size` values each. `sum0` is NaN where the exact sum does not fit three parts: then the values below must be asked. */
export interface Level extends Record<Field, Float64Array> {
  size: number
  nodes: number
}

/** Summaries of each whole 2^k of a list of values, the lowest level first. */
export type Pyramid = Level[]

/** The sizes and numbers of nodes of the levels over so many values. */
export function levelShapes(count: number): { size: number; nodes: number }[] {
  const shapes: { size: number; nodes: number }[] = []
  for (let size = leafSize; size <= count; size *= fanOut) shapes.push({ size, nodes: Math.floor(count / size) })
  return shapes
}

/** Brings the pyramid up to date with the first `count` values, of which those it knows have not changed. */
export function extendPyramid(pyramid: Pyramid, values: Float64Array, count: number): void {
  levelShapes(count).forEach(({ size, nodes }, k) => {
    const level = pyramid[k] ?? createLevel(size)
    pyramid[k] = level
    if (nodes <= level.nodes) return
    makeRoom(level, nodes)
    for (let node = level.nodes; node < nodes; node++) {
      const summary = createSummary()
      if (k === 0) addValues(summary, values, node * size, (node + 1) * size)
      else addChildren(summary, pyramid[k - 1] as Level, node, values)
      setNode(level, node, summary)
    }
    level.nodes = nodes
  })
}

/** Visits the values `from` to `to` (exclusive) in as few pieces as there are: whole nodes, and values that stand beside them. */
export function walkPyramid(
  pyramid: Pyramid,
  from: number,
  to: number,
  onNode: (level: Level, node: number) => void,
  onValues: (from: number, to: number) => void,
): void {
  let at = from
  while (at < to) {
    const level = largestAt(pyramid, at, to)
    if (level) {
      onNode(level, at / level.size)
      at += level.size
    } else {
      const end = Math.min(to, (Math.floor(at / leafSize) + 1) * leafSize)
      onValues(at, end)
      at = end
    }
  }
}

/** Adds the values under a node. */
export function addNode(summary: Summary, level: Level, node: number): void {
  summary.count += level.size
  summary.nan += level.nan[node] as number
  summary.positiveInfinity += level.positive[node] as number
  summary.negativeInfinity += level.negative[node] as number
  const min = level.min[node] as number
  const max = level.max[node] as number
  if (min < summary.min) summary.min = min
  if (max > summary.max) summary.max = max
  addExactly(summary.sum, level.sum0[node] as number)
  if (level.sum1[node] !== 0) addExactly(summary.sum, level.sum1[node] as number)
  if (level.sum2[node] !== 0) addExactly(summary.sum, level.sum2[node] as number)
}

function largestAt(pyramid: Pyramid, at: number, to: number): Level | undefined {
  let found: Level | undefined
  for (const level of pyramid) {
    const node = at / level.size
    if (!Number.isInteger(node) || at + level.size > to || node >= level.nodes) break
    if (!Number.isNaN(level.sum0[node])) found = level
  }
  return found
}

function addChildren(summary: Summary, below: Level, node: number, values: Float64Array): void {
  for (let child = node * fanOut; child < (node + 1) * fanOut; child++) {
    if (Number.isNaN(below.sum0[child])) addValues(summary, values, child * below.size, (child + 1) * below.size)
    else addNode(summary, below, child)
  }
}

function setNode(level: Level, node: number, summary: Summary): void {
  const { sum, large } = summary
  const fits = large.length === 0 && sum.length <= sumParts
  level.min[node] = summary.min
  level.max[node] = summary.max
  level.nan[node] = summary.nan
  level.positive[node] = summary.positiveInfinity
  level.negative[node] = summary.negativeInfinity
  level.sum0[node] = fits ? (sum[0] ?? 0) : Number.NaN
  level.sum1[node] = fits ? (sum[1] ?? 0) : 0
  level.sum2[node] = fits ? (sum[2] ?? 0) : 0
}

function createLevel(size: number): Level {
  const fields = Object.fromEntries(levelFields.map((field) => [field, new Float64Array(4)])) as Record<
    Field,
    Float64Array
  >
  return { size, nodes: 0, ...fields }
}

function makeRoom(level: Level, nodes: number): void {
  if (nodes <= level.min.length) return
  for (const field of levelFields) {
    const larger = new Float64Array(Math.max(nodes, 2 * level.nodes))
    larger.set(level[field].subarray(0, level.nodes))
    level[field] = larger
  }
}
