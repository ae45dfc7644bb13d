import { lstat, mkdir, realpath } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { checkBlobKey } from '../../core/platform/blob-key.ts'
import { Fault } from '../../core/platform/fault.ts'

/** Maps keys to files under one root, through no directory link and never to a place outside. */
export interface BlobRoot {
  /** The root itself, created when missing, with links resolved. */
  path(): Promise<string>
  /** The file that holds the key, links resolved; undefined when there is none. Fault `forbidden` for links that leave the root. */
  existing(key: string): Promise<string | undefined>
  /** Where the key's file goes; its directory exists. Fault `invalid` when another object is in the way. */
  target(key: string): Promise<string>
}

export function createBlobRoot(directory: string): BlobRoot {
  let resolved: Promise<string> | undefined

  function path(): Promise<string> {
    resolved ??= mkdir(directory, { recursive: true })
      .then(() => realpath(directory))
      .catch((error: unknown) => {
        resolved = undefined
        throw new Fault('internal', `blob root ${directory} cannot be used: ${(error as Error).message}`, {
          cause: error,
        })
      })
    return resolved
  }

  return {
    path,
    async existing(key) {
      const root = await path()
      const file = join(root, checkBlobKey(key))
      const real = await realpathOf(file)
      if (real === undefined || real === file) return real
      const parent = await realpathOf(dirname(file))
      if (parent !== dirname(file)) throw linked(key)
      if (!real.startsWith(root + sep))
        throw new Fault('forbidden', `blob ${key} is a link that leaves the blob root: remove it`)
      return real
    },
    async target(key) {
      const file = join(await path(), checkBlobKey(key))
      await ensureDirectory(await path(), dirname(file), key)
      return file
    },
  }
}

async function ensureDirectory(root: string, directory: string, key: string): Promise<void> {
  const real = await realpathOf(directory)
  if (real === directory) return expectDirectory(root, directory, key)
  if (real !== undefined) throw linked(key)
  await ensureDirectory(root, dirname(directory), key)
  try {
    await mkdir(directory)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTDIR') throw inTheWay(key, dirname(directory).slice(root.length + 1))
    if (code === 'ENOENT') return ensureDirectory(root, directory, key)
    if (code !== 'EEXIST') throw error
    await expectDirectory(root, directory, key)
  }
}

async function expectDirectory(root: string, directory: string, key: string): Promise<void> {
  const stats = await lstat(directory).catch(() => undefined)
  // A delete pruned it in the meantime.
  if (!stats) return ensureDirectory(root, directory, key)
  if (!stats.isDirectory()) throw inTheWay(key, directory.slice(root.length + 1))
}

/** Files cannot hold both `a` and `a/b`, which S3 can. */
export function inTheWay(key: string, other: string): Fault {
  return new Fault(
    'invalid',
    `blob ${key} cannot exist beside blob ${other}: one is a directory of the other, rename one`,
  )
}

async function realpathOf(path: string): Promise<string | undefined> {
  try {
    return await realpath(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (code === 'ELOOP') throw new Fault('forbidden', `${path} is a link to itself: remove it`)
    throw error
  }
}

function linked(key: string): Fault {
  return new Fault(
    'forbidden',
    `blob ${key} passes through a linked directory, or differs from a stored name in case only`,
  )
}
