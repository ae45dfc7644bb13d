import { readFileSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Fault } from '../../core/platform/fault.ts'
import { systemClock } from '../system/clock.ts'

export interface DataDirLock {
  release(): Promise<void>
}

// A handle that nothing refers to is closed by the garbage collector, and the lock with it.
const held = new Set<DatabaseSync>()

const BUSY = 5
// A server that starts at the same moment holds the lock before its pid can be read.
const LOOKS = 40
const LOOK_EVERY_MS = 25

/**
 * Makes this process the only server on the directory (created when missing) until release or its death. Fault `conflict`
 * names the pid of the other one.
 */
export async function acquireDataDirLock(directory: string): Promise<DataDirLock> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  // SQLite's lock on the file is the kernel's: it ends with the process however it dies, so it is never stale and a reused
  // pid means nothing. Nothing else may open and close this file in this process, which would end the lock.
  const handle = new DatabaseSync(join(directory, 'server.lock'), { timeout: 0 })
  const holder = join(directory, 'server.pid')
  try {
    handle.exec('begin exclusive')
  } catch (error) {
    handle.close()
    if ((error as { errcode?: number }).errcode !== BUSY) throw error
    throw await inUse(directory, holder)
  }
  held.add(handle)
  await writeFile(`${holder}.new`, String(process.pid))
  await rename(`${holder}.new`, holder)
  return {
    async release() {
      if (!handle.isOpen) return
      await rm(holder, { force: true })
      handle.close()
      held.delete(handle)
    },
  }
}

async function inUse(directory: string, holder: string): Promise<Fault> {
  let pid: number | undefined
  for (let look = 0; look < LOOKS && pid === undefined; look++) {
    if (look > 0) await systemClock.sleep(LOOK_EVERY_MS)
    pid = livingHolder(holder)
  }
  const who = pid === undefined ? 'another server that is starting' : `the server with pid ${pid}`
  return new Fault('conflict', `data directory ${directory} is in use by ${who}: stop it, or choose another directory`)
}

function livingHolder(holder: string): number | undefined {
  const pid = pidIn(holder)
  if (pid === undefined) return undefined
  try {
    process.kill(pid, 0)
    return pid
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? pid : undefined
  }
}

function pidIn(holder: string): number | undefined {
  try {
    const pid = Number(readFileSync(holder, 'utf8'))
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}
