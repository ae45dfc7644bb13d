import type { Platform } from '../platform/ports.ts'
import { lastRecorded, type RecordedObject, recordedPlace } from './compact-record.ts'
import { type Chunk, readChunks, type Source } from './metric-store.ts'
import { assemble, followEachOther } from './series-assembled.ts'
import { createSeriesCache, type SeriesCache } from './series-cache.ts'
import { openObject, type StoredPart } from './series-object.ts'
import type { Part } from './series-part.ts'
import { comparePlaces, type Place, type Stored } from './series-positions.ts'
import { createTail, type Tail } from './series-tail.ts'

/** The rows of one attempt as far as they were stored when they were read. It does not change. */
export interface AttemptSeries extends Place {
  source: Source
  /** The step of the first line that was logged. Null: nothing was. */
  firstStep: number | null
  /** Each with rows; steps ascend from part to part. */
  parts: Part[]
}

/** Columns of objects that are read once and written again. */
const onceBytes = 64 * 1024 * 1024

/** What is in memory of one attempt. */
export interface AttemptState {
  /** With all that is stored up to the position at least. */
  upTo(position: Stored): Promise<AttemptSeries>
  bytes(): number
}

interface Loaded {
  objects: StoredPart[]
  tail: Tail
  series: AttemptSeries
}

/** `settle` is told when more is in memory. */
export function createAttemptState(
  platform: Pick<Platform, 'metrics' | 'blobs'>,
  cache: SeriesCache,
  source: Source,
  settle: () => void,
): AttemptState {
  let loaded: Loaded | undefined
  let loading: Promise<unknown> | undefined

  async function load(position: Stored): Promise<AttemptSeries> {
    // What an object covers may have expired as chunks.
    const isBehind = loaded && lastRecorded(position.record) > loaded.series.segment
    const known = isBehind ? undefined : loaded
    const { objects, tail } = known ?? (await openAll(platform, cache, position.record?.objects))
    const seen = known?.series ?? recordedPlace(position.record)
    const isNew = comparePlaces(seen, position) < 0
    const { chunks, place } = isNew ? await newChunks(platform, source, seen) : { chunks: [], place: seen }
    tail.add(chunks)
    const { segment, part } = place
    const series = await seriesOf(source, cache, objects, tail, { segment, part })
    loaded = { objects, tail, series }
    settle()
    return series
  }

  return {
    async upTo(position) {
      // Whoever is loading may have begun before the chunk was stored that this caller knows of.
      while (loading) await loading.catch(() => {})
      if (loaded && comparePlaces(loaded.series, position) >= 0) return loaded.series
      const run = load(position).finally(() => {
        loading = undefined
      })
      loading = run
      return run
    },
    bytes: () => (loaded ? loaded.tail.bytes() + loaded.objects.reduce((sum, each) => sum + each.bytes(), 0) : 0),
  }
}

/** What lies in objects, then the chunks behind a place up to segment `last`: once, without keeping it. */
export async function readSegments(
  platform: Pick<Platform, 'metrics' | 'blobs'>,
  source: Source,
  recorded: readonly RecordedObject[],
  behind: Place,
  last: number,
): Promise<AttemptSeries> {
  const cache = createSeriesCache(onceBytes)
  const { objects, tail } = await openAll(platform, cache, recorded)
  const { chunks, place } = await newChunks(platform, source, behind, last)
  tail.add(chunks)
  return seriesOf(source, cache, objects, tail, { segment: place.segment, part: place.part })
}

async function openAll(
  { blobs }: Pick<Platform, 'blobs'>,
  cache: SeriesCache,
  recorded: readonly RecordedObject[] = [],
): Promise<Pick<Loaded, 'objects' | 'tail'>> {
  const objects = await Promise.all(recorded.map((each) => openObject(blobs, cache, each)))
  return { objects, tail: createTail() }
}

/** The chunks behind a place, in order, and the place of the last of them. */
async function newChunks(
  { metrics }: Pick<Platform, 'metrics'>,
  { job, stage, attempt }: Source,
  seen: Place,
  last: number = Number.POSITIVE_INFINITY,
): Promise<{ chunks: Chunk[]; place: Place }> {
  const chunks: Chunk[] = []
  let place = seen
  const fromSegment = Math.max(0, seen.segment)
  for await (const { segment, part, chunk } of readChunks(metrics, job, { stage, attempt, fromSegment })) {
    if (segment > last) break
    if (comparePlaces({ segment, part }, place) <= 0) continue
    chunks.push(chunk)
    place = { segment, part }
  }
  return { chunks, place }
}

async function seriesOf(
  source: Source,
  cache: SeriesCache,
  objects: readonly StoredPart[],
  tail: Tail,
  place: Place,
): Promise<AttemptSeries> {
  const parts = [...objects, tail.part()].filter(({ steps }) => steps.length > 0)
  const firstStep = objects.find(({ index }) => index.first_step !== null)?.index.first_step ?? tail.firstStep() ?? null
  const key = `assembled ${source.job} ${source.stage} ${source.attempt} ${place.segment} ${place.part}`
  const isSimple = followEachOther(parts)
  return { source, firstStep, parts: isSimple ? parts : [await assemble(parts, cache, key)], ...place }
}
