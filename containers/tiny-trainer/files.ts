import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type FileDigests = Record<string, { sha256: string; size: number }>

/** The path of a `file://` URI. Throws an Error for any other scheme. */
export function pathOf(uri: string): string {
  if (!uri.startsWith('file://')) throw new Error(`${uri}: the tiny trainer reads and writes file:// URIs only`)
  return fileURLToPath(uri)
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Writes a whole file that survives a power cut or does not exist: temporary name, fsync, rename, fsync of the folder. */
export function writeDurably(path: string, content: Uint8Array | string): void {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true })
  const temporary = join(folder, `.${basename(path)}.${process.pid}.tmp`)
  const handle = openSync(temporary, 'w')
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(temporary, path)
  syncFolder(folder)
}

/** Writes files under a folder durably and returns their digests by the given names. */
export function writeFiles(folder: string, files: Record<string, Uint8Array | string>): FileDigests {
  const entries = Object.entries(files).map(([name, content]) => {
    writeDurably(join(folder, name), content)
    return [name, { sha256: sha256(content), size: Buffer.byteLength(content) }] as const
  })
  return Object.fromEntries(entries)
}

/** One line per listed file under `folder` that is missing or whose bytes differ from its digest. */
export function verifyFiles(folder: string, files: FileDigests): string[] {
  return Object.entries(files).flatMap(([name, expected]) => {
    if (name.startsWith('/') || name.split('/').includes('..')) return [`file name "${name}" leaves its folder`]
    let bytes: Buffer
    try {
      bytes = readFileSync(join(folder, name))
    } catch {
      return [`${join(folder, name)} is listed but cannot be read`]
    }
    if (bytes.length === expected.size && sha256(bytes) === expected.sha256) return []
    return [`${join(folder, name)} has sha256 ${sha256(bytes)}, not the listed ${expected.sha256}`]
  })
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}
