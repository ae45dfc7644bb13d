import { zstdDecompressSync } from 'node:zlib'
import { Fault } from '../platform/fault.ts'
import type { Blobs } from '../platform/ports.ts'
import { form, magic, type ObjectIndex } from './compact-object.ts'
import type { RecordedObject } from './compact-record.ts'
import { unpackNumbers } from './compact-sections.ts'
import type { SeriesCache } from './series-cache.ts'
import { createStoredPoints, type StoredPoints } from './series-object-points.ts'
import type { Part } from './series-part.ts'

/** Read at once from the end of an object: mostly the whole index, and all of a small object. */
const tailBytes = 64 * 1024

export interface StoredPart extends Part {
  index: ObjectIndex
  bytes(): number
}

/** Some bytes of an object. */
export type ReadExtent = (at: number, size: number) => Promise<Uint8Array>

/** The rows of an immutable object: index and steps now, times and each metric when they are asked for. Fault `corrupt` naming the key. */
export async function openObject(
  blobs: Pick<Blobs, 'get'>,
  cache: SeriesCache,
  { key, bytes: size }: Pick<RecordedObject, 'key' | 'bytes'>,
): Promise<StoredPart> {
  const read = await createReadExtent(blobs, key, size)
  const index = await readIndex(read, key, size)
  const columns = new Map(index.columns.map((column) => [column.name, column]))
  const steps = unpackNumbers(await read(...index.steps), index.rows)
  let times: Promise<Float64Array> | undefined

  async function readTimes(): Promise<Float64Array> {
    return unpackNumbers(await read(...index.times), index.rows)
  }
  return {
    index,
    steps,
    times() {
      times ??= readTimes().catch((error) => {
        times = undefined
        throw error
      })
      return times
    },
    names: () => [...columns.keys()],
    async points(name) {
      const column = columns.get(name)
      if (column === undefined) return undefined
      const cacheKey = `${key} ${name}`
      const make = () => createStoredPoints(read, column, () => cache.settle(cacheKey))
      return cache.use<StoredPoints>(cacheKey, make).opened()
    },
    bytes: () => tailBytes + 16 * index.rows + 200 * index.columns.length,
  }
}

/** Bytes near the end come from one read that is kept. */
async function createReadExtent(blobs: Pick<Blobs, 'get'>, key: string, size: number): Promise<ReadExtent> {
  const tailAt = Math.max(0, size - tailBytes)
  const get = async (start: number, end: number) => {
    const bytes = await blobs.get(key, { start, end })
    if (bytes?.length === end - start) return bytes
    throw new Fault('corrupt', `metrics object ${key} has no bytes ${start} to ${end}: it was deleted or cut off`)
  }
  const tail = await get(tailAt, size)
  return async (at, length) => (at >= tailAt ? tail.subarray(at - tailAt, at - tailAt + length) : get(at, at + length))
}

async function readIndex(read: ReadExtent, key: string, size: number): Promise<ObjectIndex> {
  const end = Buffer.from(await read(size - 8, 8))
  if (end.toString('latin1', 4) !== magic) throw new Fault('corrupt', `${key} is no metrics object`)
  const length = end.readUInt32LE(0)
  const index = JSON.parse(zstdDecompressSync(await read(size - 8 - length, length)).toString()) as ObjectIndex
  if (index.form === form) return index
  throw new Fault(
    'corrupt',
    `metrics object ${key} has the unknown form ${index.form}: another version of Sluice wrote it`,
  )
}
