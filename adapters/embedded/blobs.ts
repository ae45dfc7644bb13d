import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { checkBlobKey } from '../../core/platform/blob-key.ts'
import { type ByteRange, checkRange } from '../../core/platform/byte-range.ts'
import { Fault } from '../../core/platform/fault.ts'
import type { BlobInfo, Blobs, Clock } from '../../core/platform/ports.ts'
import { systemClock } from '../system/clock.ts'
import { listBlobs } from './blob-list.ts'
import { createKeyLocks } from './blob-locks.ts'
import { createBlobRoot } from './blob-path.ts'
import { presignUrl } from './blob-presign.ts'
import { conflict, publish, unlinkObject } from './blob-publish.ts'
import { openBlob, openBlobStream, pieces, readBlob } from './blob-read.ts'
import { type BlobBody, sweepTemps, writeTemp } from './blob-write.ts'

export interface EmbeddedBlobs extends Blobs {
  /** For the route of presigned URLs: the object's facts and a stream that closes the file; undefined when absent. */
  openStream(key: string, range?: ByteRange): ReturnType<typeof openBlobStream>
}

/**
 * Files under `root`, the key as path. Writes are atomic across processes under `any` and `absent`; an etag is compared
 * under a lock of this process, which is alone on its data directory. A killed write leaves only a temporary file.
 */
export function createBlobs(options: {
  root: string
  baseUrl: () => string
  signingKey: string | Uint8Array
  clock?: Clock
}): EmbeddedBlobs {
  const { baseUrl, signingKey, clock = systemClock } = options
  const root = createBlobRoot(options.root)
  const locked = createKeyLocks()
  let swept: Promise<void> | undefined

  async function head(key: string): Promise<BlobInfo | undefined> {
    const blob = await openBlob(root, key)
    await blob?.handle.close()
    return blob?.info
  }

  return {
    async put(key, body, guard) {
      return named(key, async () => {
        await root.target(key)
        if (guard === 'absent' && (await head(key))) {
          await discard(body)
          throw conflict(key, 'exists, the write expects it to be absent')
        }
        swept ??= sweepTemps(await root.path())
        await swept
        const temp = await writeTemp(await root.path(), key, body)
        await locked(key, () => publish(root, temp, guard))
        return temp.info
      })
    },
    async get(key, range) {
      checkRange(range)
      return named(key, async () => {
        const blob = await openBlob(root, key)
        return blob && readBlob(blob, range)
      })
    },
    async *read(key) {
      const blob = await named(key, () => openBlob(root, key))
      if (!blob) throw new Fault('not_found', `blob ${key} does not exist`)
      yield* pieces(blob)
    },
    head: (key) => named(key, () => head(key)),
    list: (query) => named(query.prefix, () => listBlobs(root, query)),
    async delete(key) {
      await named(key, () =>
        locked(key, async () => {
          if (await head(key)) await unlinkObject(await root.path(), join(await root.path(), key))
        }),
      )
    },
    async presign(key, method, expiresInSeconds) {
      return presignUrl(baseUrl(), signingKey, { key, method, now: clock.now(), expiresInSeconds })
    },
    uri: (key) => pathToFileURL(join(options.root, checkBlobKey(key))).href,
    async openStream(key, range) {
      checkRange(range)
      return named(key, () => openBlobStream(root, key, range))
    },
  }
}

async function named<T>(key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Fault) throw error
    const { code, message } = error as NodeJS.ErrnoException
    const remedy = code === 'ENOSPC' || code === 'EDQUOT' ? ': free disk space' : ''
    throw new Fault('internal', `blob ${key}: ${message}${remedy}`, { cause: error })
  }
}

// A stream nobody reads would keep its file or connection open.
async function discard(body: BlobBody): Promise<void> {
  if (typeof body === 'string' || body instanceof Uint8Array) return
  await body[Symbol.asyncIterator]().return?.()
}
