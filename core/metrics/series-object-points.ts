import { blockValues, type StoredColumn } from './compact-object.ts'
import { unpackNumbers, unpackPyramid } from './compact-sections.ts'
import type { Pyramid } from './pyramid.ts'
import type { ReadExtent } from './series-object.ts'
import type { Points, Slices } from './series-part.ts'

/** Reads of blocks that lie no further apart are made as one. */
const gapBytes = 64 * 1024
/** A column that is no larger is read at once: a request costs more than so many bytes. */
const smallBytes = 256 * 1024

export interface StoredPoints {
  /** With rows and pyramid read; blocks are read by `load`. */
  opened(): Promise<Points>
  bytes(): number
}

/** The values of one metric of an object. `settle` is told whenever more of them is in memory. */
export function createStoredPoints(read: ReadExtent, column: StoredColumn, settle: () => void): StoredPoints {
  const blocks: (Float64Array | undefined)[] = column.blocks.map(() => undefined)
  const starts = startsOf(column)
  let opening: Promise<Points> | undefined
  let loading: Promise<void> = Promise.resolve()
  let whole: Uint8Array | undefined
  let bytes = 0

  async function open(): Promise<Points> {
    const size = (starts.at(-1) as number) - column.at
    if (size <= smallBytes) whole = await read(column.at, size)
    const head = whole ?? (await read(column.at, column.rows + column.pyramid))
    const rows =
      column.rows === 0 ? undefined : Uint32Array.from(unpackNumbers(head.subarray(0, column.rows), column.count))
    const pyramid = unpackPyramid(head.subarray(column.rows, column.rows + column.pyramid), column.count)
    bytes += (rows?.byteLength ?? 0) + pyramidBytes(pyramid)
    settle()
    return { count: column.count, rows, pyramid, load }
  }

  /** One after the other, so that nobody reads a block that somebody else is reading. */
  async function load(ranges: readonly (readonly [number, number])[]): Promise<Slices> {
    const run = loading.then(() => loadBlocks(ranges))
    loading = run.catch(() => {})
    await run
    return slices
  }

  async function loadBlocks(ranges: readonly (readonly [number, number])[]): Promise<void> {
    const missing = new Set<number>()
    for (const [from, to] of ranges)
      for (let block = Math.floor(from / blockValues); block * blockValues < to; block++)
        if (blocks[block] === undefined) missing.add(block)
    if (missing.size === 0) return
    await Promise.all(runsOf([...missing].sort((a, b) => a - b)).map(readRun))
    // Mostly the same blocks are asked for again; the others are read when they are.
    whole = undefined
    settle()
  }

  /** Blocks as `[first, last]` that are read at once. */
  function runsOf(wanted: readonly number[]): [number, number][] {
    const runs: [number, number][] = []
    for (const block of wanted) {
      const run = runs.at(-1)
      const gap = run ? (starts[block] as number) - (starts[run[1] + 1] as number) : gapBytes
      if (run && gap < gapBytes) run[1] = block
      else runs.push([block, block])
    }
    return runs
  }

  async function readRun([first, last]: [number, number]): Promise<void> {
    const at = starts[first] as number
    const end = starts[last + 1] as number
    const given = whole?.subarray(at - column.at, end - column.at) ?? (await read(at, end - at))
    for (let block = first; block <= last; block++) {
      if (blocks[block]) continue
      const from = (starts[block] as number) - at
      const count = Math.min(blockValues, column.count - block * blockValues)
      blocks[block] = unpackNumbers(given.subarray(from, from + (column.blocks[block] as number)), count)
      bytes += 8 * count
    }
  }

  function* slices(from: number, to: number): Generator<Float64Array> {
    for (let at = from; at < to; ) {
      const block = Math.floor(at / blockValues)
      const start = block * blockValues
      const end = Math.min(to, start + blockValues)
      yield (blocks[block] as Float64Array).subarray(at - start, end - start)
      at = end
    }
  }

  return {
    opened() {
      opening ??= open().catch((error) => {
        opening = undefined
        throw error
      })
      return opening
    },
    bytes: () => bytes,
  }
}

/** The first byte of each block, and the end of the last. */
function startsOf({ at, rows, pyramid, blocks }: StoredColumn): number[] {
  const starts = [at + rows + pyramid]
  for (const size of blocks) starts.push((starts.at(-1) as number) + size)
  return starts
}

const pyramidBytes = (pyramid: Pyramid) => pyramid.reduce((sum, { nodes }) => sum + 8 * 8 * nodes, 0)
