import { link, open, readdir, rename, rmdir, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Fault } from '../../core/platform/fault.ts'
import type { BlobGuard } from '../../core/platform/ports.ts'
import { type BlobRoot, inTheWay } from './blob-path.ts'
import { blobInfo } from './blob-read.ts'
import { removeTemp, type TempFile } from './blob-write.ts'

// Every round answers one change by somebody else: a directory that a delete pruned, an empty one in the way.
const ROUNDS = 20

/** Makes the temporary file the object and consumes it. Faults: `conflict` for the guard, `invalid` for `a` beside `a/b`. */
export async function publish(root: BlobRoot, temp: TempFile, guard: BlobGuard): Promise<void> {
  try {
    await place(root, temp, guard)
  } finally {
    await removeTemp(temp.path)
  }
}

/** Removes the file and the directories that it leaves empty, so that their names are free again. */
export async function unlinkObject(root: string, file: string): Promise<void> {
  await unlink(file)
  for (let directory = dirname(file); directory !== root; directory = dirname(directory)) {
    const removed = await rmdir(directory).then(
      () => true,
      () => false,
    )
    if (!removed) return
  }
}

export function conflict(key: string, problem: string): Fault {
  return new Fault('conflict', `blob ${key} ${problem}: read it again`)
}

async function place(root: BlobRoot, temp: TempFile, guard: BlobGuard): Promise<void> {
  const { key } = temp.info
  for (let round = 1; ; round++) {
    const target = await root.target(key)
    try {
      await moveTo(temp, target, guard)
      await syncDirectory(dirname(target))
      return
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (round === ROUNDS || error instanceof Fault) throw error
      if (code === 'EEXIST' || code === 'EISDIR' || code === 'ENOTEMPTY') await makeWay(await root.path(), target, key)
      else if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
    }
  }
}

async function moveTo(temp: TempFile, target: string, guard: BlobGuard): Promise<void> {
  if (guard === 'absent') return link(temp.path, target)
  if (guard !== 'any') await expectEtag(temp.info.key, target, guard.etag)
  await rename(temp.path, target)
}

async function expectEtag(key: string, target: string, etag: string): Promise<void> {
  const stats = await stat(target, { bigint: true }).catch(() => undefined)
  if (!stats?.isFile()) throw conflict(key, `is absent, the write expects etag ${etag}`)
  const stored = blobInfo(key, stats).etag
  if (stored !== etag) throw conflict(key, `has etag ${stored}, the write expects ${etag}`)
}

async function makeWay(root: string, target: string, key: string): Promise<void> {
  const stats = await stat(target).catch(() => undefined)
  if (stats && !stats.isDirectory()) throw conflict(key, 'exists, the write expects it to be absent')
  const file = stats && (await removeEmptyOrFindFile(target))
  if (file) throw inTheWay(key, file.slice(root.length + 1))
}

async function removeEmptyOrFindFile(directory: string): Promise<string | undefined> {
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    const path = join(directory, entry.name)
    const file = entry.isDirectory() ? await removeEmptyOrFindFile(path) : path
    if (file) return file
  }
  await rmdir(directory).catch(() => {})
  return undefined
}

// The rename itself must reach the disk before the write is acknowledged.
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
