import { createHash } from 'node:crypto'
import { refusalOf } from '../core/datasets/drop-report.ts'
import { findDrop } from '../core/datasets/drop-store.ts'
import { Fault, isFault } from '../core/platform/fault.ts'
import type { Platform } from '../core/platform/ports.ts'
import { objectConsumers } from '../functions/events/consumers.ts'
import { deployable } from '../functions/manifest.ts'
import { restrictTo } from '../functions/restrict-platform.ts'
import type { DropReport } from '../schemas/drop.ts'
import { type DropFile, listDropFiles, look, readDropFile } from './drop-files.ts'
import { isReportFile, writeReportFile } from './drop-report-file.ts'
import type { Log } from './runtime.ts'

export interface DropWatcherOptions {
  /** Files lie at `<directory>/<dataset>/<file>`. */
  directory: string
  platform: Platform
  log: Log
}

/** What is known of a file that lies in the directory. */
interface Seen {
  signature: string
  done: boolean
  failures: number
  /** Epoch milliseconds. */
  retryAt: number
}

const pollMs = 1000
const longestPauseMs = 60_000

/** Takes in what is dropped into a directory: a file counts when two looks, a second apart, find it unchanged. */
export function startDropWatcher({ directory, platform, log }: DropWatcherOptions) {
  const stopping = new AbortController()
  let seen = new Map<string, Seen>()

  async function lookAround(): Promise<void> {
    const files = await listDropFiles(directory)
    const before = seen
    seen = new Map()
    for (const file of files) {
      const known = before.get(file.name)
      const settled = known?.signature === file.signature
      const state = settled ? known : { signature: file.signature, done: false, failures: 0, retryAt: 0 }
      seen.set(file.name, state)
      if (!settled || state.done || state.retryAt > platform.clock.now().getTime() || stopping.signal.aborted) continue
      await attempt(file, state)
    }
  }

  async function attempt(file: DropFile, state: Seen): Promise<void> {
    try {
      state.done = await takeIn(platform, directory, file)
    } catch (error) {
      state.failures += 1
      const pauseMs = Math.min(longestPauseMs, pollMs * 2 ** state.failures)
      state.retryAt = platform.clock.now().getTime() + pauseMs
      log(`drop ${file.path} could not be taken in; it is tried again in ${pauseMs / 1000} s`, { error })
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await lookAround().catch((error) => log(`drops cannot be read in ${directory}`, { error }))
      await platform.clock.sleep(pollMs, stopping.signal).catch(() => {})
    }
  }

  const running = run()
  return {
    /** Resolves when the file being taken in is done. */
    async stop(): Promise<void> {
      stopping.abort(new Error('stopping'))
      await running
    },
  }
}

/** false when it changed meanwhile. */
async function takeIn(platform: Platform, directory: string, file: DropFile): Promise<boolean> {
  const key = `drops/${file.name}`
  if (file.isFile && (await isReportFile(file.path, key))) return true
  const report = file.isFile ? await reportOn(platform, directory, file, key) : refuse(platform, file, key, notAFile)
  if (!report) return false
  await writeReportFile(file.path, report)
  return true
}

const notAFile = new Fault('invalid', 'links, pipes and devices are not taken in; drop a copy of the file itself')

async function reportOn(platform: Platform, directory: string, file: DropFile, key: string) {
  try {
    if (!(await isStored(platform, file, key))) {
      await platform.blobs.put(key, readDropFile(file.path), 'any')
      // What was copied while somebody wrote is of no use: the next looks see the whole file.
      if ((await look(directory, file.name))?.signature !== file.signature) return undefined
    }
  } catch (error) {
    // Its name is no key.
    if (isFault(error, 'invalid')) return refuse(platform, file, key, error)
    throw error
  }
  return objectConsumers['intake-drop'](restrictTo(platform, deployable('intake-drop')), key)
}

/** Whether the object is this file and was looked at: after a restart, nothing that was taken in is taken in again. */
async function isStored({ table, blobs }: Platform, file: DropFile, key: string): Promise<boolean> {
  const [report, object] = [await findDrop(table, key), await blobs.head(key)]
  if (!report || object?.etag !== report.etag || object.size !== file.size) return false
  if (file.changedAt < Date.parse(object.modifiedAt)) return true
  const hash = createHash('sha256')
  for await (const piece of readDropFile(file.path)) hash.update(piece)
  return hash.digest('hex') === report.source_sha256
}

function refuse({ clock }: Platform, file: DropFile, key: string, fault: Fault): DropReport {
  const modified_at = new Date(file.changedAt).toISOString()
  return refusalOf({ key, etag: file.signature, modified_at, at: clock.now().toISOString() }, fault)
}
