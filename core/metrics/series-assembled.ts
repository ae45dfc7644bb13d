import type { SeriesCache } from './series-cache.ts'
import { type Entries, mergeEntries, mergeSteps } from './series-merge.ts'
import { type Part, type Points, pointsInMemory } from './series-part.ts'

/** All values of one metric of a part; undefined when it has none. */
export async function entriesOf(part: Part, name: string): Promise<Entries | undefined> {
  const points = await part.points(name)
  if (points === undefined) return undefined
  const slices = await points.load([[0, points.count]])
  const values = new Float64Array(points.count)
  let at = 0
  for (const slice of slices(0, points.count)) {
    values.set(slice, at)
    at += slice.length
  }
  return { rows: points.rows, values }
}

/** Whether each part's steps lie behind those of the part before. */
export const followEachOther = (parts: readonly Part[]): boolean =>
  parts.every(({ steps }, i) => i === 0 || (steps[0] as number) > (parts[i - 1]?.steps.at(-1) as number))

/** Parts that were logged one after the other and whose steps overlap, as one part. `key` names them in the cache. */
export async function assemble(parts: readonly Part[], cache: SeriesCache, key: string): Promise<Part> {
  const given = await Promise.all(parts.map(async (part) => ({ steps: part.steps, times: await part.times() })))
  const { steps, times, maps } = mergeSteps(given)

  async function read(name: string): Promise<Points | undefined> {
    const sources = await Promise.all(
      parts.map(async (part, i) => {
        const entries = await entriesOf(part, name)
        return entries ? [{ map: maps[i] as Uint32Array, entries }] : []
      }),
    )
    if (sources.flat().length === 0) return undefined
    const { rows, values } = mergeEntries(sources.flat(), steps.length)
    return pointsInMemory(values, rows)
  }

  return {
    steps,
    times: async () => times,
    names: () => [...new Set(parts.flatMap((part) => part.names()))],
    points(name) {
      const cacheKey = `${key} ${name}`
      return cache
        .use(cacheKey, () =>
          onceRead(
            () => read(name),
            () => cache.settle(cacheKey),
          ),
        )
        .points()
    },
  }
}

/** Read by whoever asks first, and again after a failure. */
function onceRead(read: () => Promise<Points | undefined>, settle: () => void) {
  let reading: Promise<Points | undefined> | undefined
  let bytes = 0

  async function first(): Promise<Points | undefined> {
    const points = await read()
    // A pyramid has about a sixth of its values' bytes.
    bytes = points ? points.count * 10 + (points.rows?.byteLength ?? 0) : 0
    settle()
    return points
  }
  return {
    points() {
      reading ??= first().catch((error) => {
        reading = undefined
        throw error
      })
      return reading
    },
    bytes: () => bytes,
  }
}
