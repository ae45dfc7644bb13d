import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { ByteRange } from '../../core/platform/byte-range.ts'
import type { BlobInfo } from '../../core/platform/ports.ts'
import type { BlobRoot } from './blob-path.ts'

export interface OpenBlob {
  handle: FileHandle
  info: BlobInfo
}

// Between two pieces the event loop serves others: whoever parses a piece keeps them waiting.
export const PIECE_BYTES = 128 * 1024

/** Opens the object for reading; the caller closes the handle. undefined when absent. */
export async function openBlob(root: BlobRoot, key: string): Promise<OpenBlob | undefined> {
  const file = await root.existing(key)
  if (file === undefined) return undefined
  const handle = await openFile(file)
  if (!handle) return undefined
  try {
    const stats = await handle.stat({ bigint: true })
    if (stats.isFile()) return { handle, info: blobInfo(key, stats) }
  } catch (error) {
    await handle.close()
    throw error
  }
  await handle.close()
  return undefined
}

/** For an HTTP route: the object's facts and a stream of it (or of the range). The stream closes the file. */
export async function openBlobStream(
  root: BlobRoot,
  key: string,
  range?: ByteRange,
): Promise<{ info: BlobInfo; stream: ReadableStream<Uint8Array> } | undefined> {
  const blob = await openBlob(root, key)
  if (!blob) return undefined
  const stream = Readable.toWeb(Readable.from(pieces(blob, range), { objectMode: false }))
  return { info: blob.info, stream: stream as ReadableStream<Uint8Array> }
}

/** Reads the range into memory and closes the file. */
export async function readBlob({ handle, info }: OpenBlob, range?: ByteRange): Promise<Uint8Array> {
  try {
    const { start, end } = clamp(range, info)
    const bytes = new Uint8Array(end - start)
    return bytes.subarray(0, await fill(handle, bytes, start))
  } finally {
    await handle.close()
  }
}

/** Fresh pieces of at most 1 MB of the object as it was when it was opened; closes the file at the end. */
export async function* pieces({ handle, info }: OpenBlob, range?: ByteRange): AsyncGenerator<Uint8Array> {
  try {
    const { start, end } = clamp(range, info)
    for (let at = start; at < end; ) {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, end - at))
      const filled = await fill(handle, piece, at)
      if (filled > 0) yield piece.subarray(0, filled)
      if (filled < piece.length) return
      at += filled
    }
  } finally {
    await handle.close()
  }
}

/** The etag covers what changes when a trainer rewrites a file itself: length, time to the nanosecond, inode. */
export function blobInfo(key: string, stats: BigIntStats): BlobInfo {
  const etag = [stats.size, stats.mtimeNs, stats.ino].map((part) => part.toString(36)).join('-')
  return { key, size: Number(stats.size), etag, modifiedAt: stats.mtime.toISOString() }
}

async function openFile(file: string): Promise<FileHandle | undefined> {
  try {
    // NONBLOCK: opening a named pipe must not wait for a writer. NOFOLLOW: the links are resolved already.
    return await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENXIO') return undefined
    throw error
  }
}

function clamp(range: ByteRange | undefined, info: BlobInfo): { start: number; end: number } {
  const start = Math.min(range?.start ?? 0, info.size)
  return { start, end: Math.min(range?.end ?? info.size, info.size) }
}

async function fill(handle: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}
