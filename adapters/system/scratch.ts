import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '../../core/platform/fault.ts'
import type { Scratch } from '../../core/platform/ports.ts'

/** A write goes out when this many bytes of one file wait, so that small appends cost a copy and no system call. */
const bufferBytes = 64 * 1024
const firstBytes = 1024

/** A file on disk once more than `bufferBytes` of it came; what is small never leaves memory. */
interface OpenFile {
  path: string
  handle: FileHandle | undefined
  /** Bytes on disk; those that wait follow them. */
  written: number
  waiting: Uint8Array
  used: number
}

const namePattern = /^scratch-([0-9a-f]{8})[0-9a-f]{24}$/
/** Names that this process gave out: another space of its pid was left by an earlier process. */
const given = new Set<string>()

/**
 * Each space is a directory of its own with a name nobody can guess, inside `directory`; closing it removes the directory. The first
 * one that is opened also removes those that killed processes left.
 */
export function createScratch(directory: string): Scratch {
  let swept: Promise<void> | undefined
  return {
    async open() {
      // What cannot be removed must not keep anybody from working.
      swept ??= sweepScratch(directory).catch(() => {})
      await swept
      const owner = process.pid.toString(16).padStart(8, '0')
      const name = `scratch-${owner}${randomBytes(12).toString('hex')}`
      given.add(name)
      await refusingFullDisk(directory, async () => {
        await mkdir(directory, { recursive: true })
        await mkdir(join(directory, name), { mode: 0o700 })
      })
      return openSpace(join(directory, name))
    },
  }
}

/** Removes the spaces inside `directory` whose process has ended without closing them. */
export async function sweepScratch(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => [])
  const left = names.filter((name) => {
    const [, owner] = namePattern.exec(name) ?? []
    return owner !== undefined && !given.has(name) && !isOther(Number.parseInt(owner, 16))
  })
  await Promise.all(left.map((name) => rm(join(directory, name), { recursive: true, force: true })))
}

/** Whether another process has this pid now. */
function isOther(pid: number): boolean {
  if (pid === process.pid) return false
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function openSpace(path: string): Awaited<ReturnType<Scratch['open']>> {
  const files = new Map<string, OpenFile>()
  const sizes = new Map<string, number>()
  // Appends and reads take turns, so that what was appended first lies first and a read sees all of it.
  let turn: Promise<unknown> = Promise.resolve()
  let taking = 0
  let closed: Promise<void> | undefined

  return {
    async append(name, bytes) {
      refuseClosed()
      sizes.set(name, (sizes.get(name) ?? 0) + bytes.length)
      const file = files.get(name)
      if (taking === 0 && file !== undefined && file.used + bytes.length <= bufferBytes) return hold(file, bytes)
      await inTurn(() => refusingFullDisk(path, () => add(name, bytes)))
    },
    async read(name, range) {
      refuseClosed()
      return inTurn(async () => {
        const file = files.get(name)
        if (file === undefined) return new Uint8Array()
        const total = file.written + file.used
        const start = Math.min(range?.start ?? 0, total)
        const end = Math.max(start, Math.min(range?.end ?? total, total))
        const bytes = new Uint8Array(end - start)
        const onDisk = Math.max(0, Math.min(end, file.written) - start)
        if (onDisk > 0) await fill(file, name, bytes.subarray(0, onDisk), start)
        const from = Math.max(0, start - file.written)
        bytes.set(file.waiting.subarray(from, Math.max(from, end - file.written)), onDisk)
        return bytes
      })
    },
    size: (name) => sizes.get(name) ?? 0,
    close() {
      closed ??= inTurn(async () => {
        for (const { handle } of files.values()) await handle?.close()
        files.clear()
        sizes.clear()
        await rm(path, { recursive: true, force: true })
      })
      return closed
    },
  }

  function refuseClosed(): void {
    if (closed !== undefined) throw new Fault('internal', 'scratch space is closed')
  }

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    taking += 1
    const mine = turn.then(work)
    turn = mine.catch(() => {})
    return mine.finally(() => {
      taking -= 1
    })
  }

  async function add(name: string, bytes: Uint8Array): Promise<void> {
    let file = files.get(name)
    if (file === undefined) {
      const place = join(path, String(files.size))
      file = { path: place, handle: undefined, written: 0, waiting: new Uint8Array(firstBytes), used: 0 }
      files.set(name, file)
    }
    if (file.used + bytes.length > bufferBytes) await flush(file)
    if (bytes.length >= bufferBytes) await write(file, bytes)
    else hold(file, bytes)
  }
}

function hold(file: OpenFile, bytes: Uint8Array): void {
  const needed = file.used + bytes.length
  if (needed > file.waiting.length) {
    const wider = new Uint8Array(Math.min(bufferBytes, Math.max(2 * file.waiting.length, needed)))
    wider.set(file.waiting.subarray(0, file.used))
    file.waiting = wider
  }
  file.waiting.set(bytes, file.used)
  file.used += bytes.length
}

async function flush(file: OpenFile): Promise<void> {
  if (file.used === 0) return
  await write(file, file.waiting.subarray(0, file.used))
  file.used = 0
}

async function fill(file: OpenFile, name: string, bytes: Uint8Array, start: number): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const { bytesRead = 0 } = (await file.handle?.read(bytes, done, bytes.length - done, start + done)) ?? {}
    if (bytesRead === 0) throw new Fault('corrupt', `scratch file "${name}" ended ${bytes.length - done} bytes early`)
    done += bytesRead
  }
}

async function write(file: OpenFile, bytes: Uint8Array): Promise<void> {
  file.handle ??= await open(file.path, 'w+', 0o600)
  let done = 0
  while (done < bytes.length) {
    const { bytesWritten } = await file.handle.write(bytes, done, bytes.length - done, file.written)
    done += bytesWritten
    file.written += bytesWritten
  }
}

async function refusingFullDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code } = error as { code?: string }
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error
    const { bavail, bsize } = await statfs(path).catch(() => ({ bavail: 0, bsize: 0 }))
    const message = `the disk for scratch files is full: ${bavail * bsize} bytes are free; free some, or give a larger disk`
    throw new Fault('busy', message, { cause: error })
  }
}
