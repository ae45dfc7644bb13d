import type { Dirent } from 'node:fs'
import { constants, lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'

export interface DropFile {
  /** Below the watched directory, with `/`. */
  name: string
  path: string
  /** Links and pipes are listed too, but never opened. */
  isFile: boolean
  size: number
  /** Epoch milliseconds. Unlike the time of the content it cannot be set: moving a file here changes it. */
  changedAt: number
  /** Changes with the content, or when another file takes its place. */
  signature: string
}

/**
 * What lies under a directory at any depth, oldest content first. Dot-files, `*.part` and `*.tmp` are unfinished: left out. A folder
 * that cannot be read hides only what lies in it.
 */
export async function listDropFiles(directory: string, onUnreadable: (error: Error) => void): Promise<DropFile[]> {
  const found: (DropFile & { written: bigint })[] = []
  for await (const name of walk(directory, '', onUnreadable)) {
    const file = await look(directory, name)
    if (file) found.push(file)
  }
  return found.sort((a, b) => (a.written === b.written ? (a.name < b.name ? -1 : 1) : a.written < b.written ? -1 : 1))
}

/** undefined when it is gone. */
export async function look(directory: string, name: string): Promise<(DropFile & { written: bigint }) | undefined> {
  const path = join(directory, name)
  const stats = await lstat(path, { bigint: true }).catch(() => undefined)
  if (!stats) return undefined
  return {
    name,
    path,
    isFile: stats.isFile(),
    size: Number(stats.size),
    changedAt: Number(stats.ctimeNs) / 1e6,
    signature: [stats.size, stats.mtimeNs, stats.ino].join('-'),
    written: stats.mtimeNs,
  }
}

/** The content. A link that took the file's place is not followed. Opened by its reader, who gets the error of a file that cannot be. */
export async function* readDropFile(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  yield* file.createReadStream()
}

type OnUnreadable = (error: Error) => void

async function* walk(directory: string, under: string, onUnreadable: OnUnreadable): AsyncGenerator<string> {
  for (const entry of await entriesOf(join(directory, under), onUnreadable)) {
    if (/^\.|\.(part|tmp)$/i.test(entry.name)) continue
    const name = under === '' ? entry.name : `${under}/${entry.name}`
    if (entry.isDirectory()) yield* walk(directory, name, onUnreadable)
    else yield name
  }
}

async function entriesOf(directory: string, onUnreadable: OnUnreadable): Promise<Dirent[]> {
  return readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') onUnreadable(error)
    return []
  })
}
