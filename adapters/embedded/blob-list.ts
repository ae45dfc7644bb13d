import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { checkBlobPrefix, directoryOf, isBlobKey } from '../../core/platform/blob-key.ts'
import { Fault, isFault } from '../../core/platform/fault.ts'
import type { BlobInfo, Page } from '../../core/platform/ports.ts'
import type { BlobRoot } from './blob-path.ts'
import { blobInfo } from './blob-read.ts'

const MAX_KEYS = 1000

interface Walk {
  root: BlobRoot
  prefix: string
  after: string
  /** What was found so far; the walk ends when there is `enough`. */
  found: Found[]
  enough: number
}

interface Found {
  key: string
  file: string
}

/** Keys under the prefix in UTF-8 byte order; `cursor` is the next `after`. Reads only directories that can hold them. */
export async function listBlobs(
  root: BlobRoot,
  query: { prefix: string; after?: string; limit?: number },
): Promise<Page<BlobInfo>> {
  const { prefix, after = '', limit = MAX_KEYS } = query
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_KEYS)
    throw new Fault('invalid', `list limit ${limit} must be a whole number from 1 to ${MAX_KEYS}`)
  const walk: Walk = { root, prefix: checkBlobPrefix(prefix), after, found: [], enough: limit + 1 }
  await collect(walk, directoryOf(prefix))
  const page = walk.found.slice(0, limit)
  const items = (await Promise.all(page.map(describe))).filter((info) => info !== undefined)
  const last = page.at(-1)
  return walk.found.length > limit && last ? { items, cursor: last.key } : { items }
}

async function collect(walk: Walk, directory: string): Promise<void> {
  const parent = await directoryPath(walk.root, directory)
  if (parent === undefined) return
  for (const { path, entry } of await candidates(walk, directory, parent)) {
    if (walk.found.length >= walk.enough) return
    if (entry.isDirectory()) await collect(walk, path)
    else if (entry.isFile()) walk.found.push({ key: path, file: join(parent, entry.name) })
    else if (entry.isSymbolicLink()) await collectLink(walk, path)
  }
}

async function candidates(
  { prefix, after }: Walk,
  directory: string,
  parent: string,
): Promise<{ path: string; entry: Dirent }[]> {
  const start = Buffer.from(after)
  const found: { path: string; order: Buffer; entry: Dirent }[] = []
  for (const entry of await entriesOf(parent)) {
    // A directory takes the place of its keys, which all begin with its name and a slash.
    const path = directory + entry.name + (entry.isDirectory() ? '/' : '')
    // Names that are no key (a trainer may write any) cannot be asked for, so they are no objects.
    if (!path.startsWith(prefix) || !isBlobKey(directory + entry.name)) continue
    const order = Buffer.from(path)
    const holdsStart = entry.isDirectory() && after.startsWith(path)
    if (holdsStart || Buffer.compare(order, start) > 0) found.push({ path, order, entry })
  }
  return found.sort((a, b) => Buffer.compare(a.order, b.order))
}

async function directoryPath(root: BlobRoot, directory: string): Promise<string | undefined> {
  return directory === '' ? root.path() : root.existing(directory.slice(0, -1))
}

async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}

async function collectLink(walk: Walk, key: string): Promise<void> {
  try {
    const file = await walk.root.existing(key)
    if (file !== undefined && (await describe({ key, file }))) walk.found.push({ key, file })
  } catch (error) {
    if (!isFault(error, 'forbidden')) throw error
  }
}

async function describe({ key, file }: Found): Promise<BlobInfo | undefined> {
  const stats = await stat(file, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  return stats?.isFile() ? blobInfo(key, stats) : undefined
}
