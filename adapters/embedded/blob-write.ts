import { createHash, randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { TEMP_DIRECTORY } from '../../core/platform/blob-key.ts'
import { Fault } from '../../core/platform/fault.ts'
import type { BlobInfo } from '../../core/platform/ports.ts'
import { blobInfo } from './blob-read.ts'

export type BlobBody = Uint8Array | string | AsyncIterable<Uint8Array>

export interface TempFile {
  path: string
  info: BlobInfo & { sha256: string }
}

const STAGING_BYTES = 256 * 1024
const ABANDONED_MS = 24 * 3_600_000

/** Writes the whole body to a synced file that no reader sees. Leaves nothing behind when it fails. */
export async function writeTemp(root: string, key: string, body: BlobBody): Promise<TempFile> {
  const path = join(root, TEMP_DIRECTORY, randomUUID())
  const handle = await openTemp(root, path)
  try {
    const sha256 = await writeBody(handle, key, body)
    const at = uniqueTime()
    await handle.utimes(at, at)
    await handle.sync()
    return { path, info: { ...blobInfo(key, await handle.stat({ bigint: true })), sha256 } }
  } catch (error) {
    await removeTemp(path)
    throw error
  } finally {
    await handle.close()
  }
}

/** Removes what a killed process left: temporary files that nobody wrote to for a day. */
export async function sweepTemps(root: string): Promise<void> {
  const directory = join(root, TEMP_DIRECTORY)
  for (const name of await readdir(directory).catch(() => [])) {
    const stats = await stat(join(directory, name)).catch(() => undefined)
    if (stats && Date.now() - stats.mtimeMs > ABANDONED_MS) await removeTemp(join(directory, name))
  }
}

export async function removeTemp(path: string): Promise<void> {
  await unlink(path).catch(() => {})
}

async function openTemp(root: string, path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await mkdir(join(root, TEMP_DIRECTORY), { recursive: true })
    return open(path, 'wx')
  }
}

async function writeBody(handle: FileHandle, key: string, body: BlobBody): Promise<string> {
  const hash = createHash('sha256')
  if (typeof body === 'string' || body instanceof Uint8Array) {
    await handle.writeFile(body)
    return hash.update(body).digest('hex')
  }
  // Small chunks share a write, and are copied at once: a source may reuse its buffer for the next chunk.
  const staging = new Uint8Array(STAGING_BYTES)
  let staged = 0
  async function flush(): Promise<void> {
    await handle.writeFile(staging.subarray(0, staged))
    staged = 0
  }
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array))
      throw new Fault('invalid', `blob ${key}: the body yields ${typeof chunk}, not bytes`)
    hash.update(chunk)
    if (staged + chunk.length > staging.length) await flush()
    if (chunk.length > staging.length) {
      await handle.writeFile(chunk)
      continue
    }
    staging.set(chunk, staged)
    staged += chunk.length
  }
  await flush()
  return hash.digest('hex')
}

let lastTime = 0

// The kernel's clock moves in steps of up to 4 ms and inodes are reused: only a time of our own tells two writes apart.
function uniqueTime(): number {
  lastTime = Math.max(lastTime + 0.000_001, (performance.timeOrigin + performance.now()) / 1000)
  return lastTime
}
