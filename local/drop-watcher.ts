import { createHash } from 'node:crypto'
import { refusalOf } from '../core/datasets/drop-report.ts'
import { findDrop, reportSuffix } from '../core/datasets/drop-store.ts'
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
  /** What was logged of it last. */
  told: string
}

const pollMs = 1000
const longestPauseMs = 60_000

/** Takes in what is dropped into a directory: a file counts when two looks, a second apart, find it unchanged. */
export function startDropWatcher({ directory, platform, log }: DropWatcherOptions) {
  const stopping = new AbortController()
  let seen = new Map<string, Seen>()
  let unreadable = new Set<string>()

  async function lookAround(): Promise<void> {
    const hidden = new Set<string>()
    const files = await listDropFiles(directory, (error) => {
      if (!unreadable.has(error.message)) log('a folder of drops cannot be read: what lies in it waits', { error })
      hidden.add(error.message)
    })
    unreadable = hidden
    const before = seen
    seen = new Map()
    for (const file of files) {
      const known = before.get(file.name)
      const settled = known?.signature === file.signature
      const state = settled ? known : { signature: file.signature, done: false, failures: 0, retryAt: 0, told: '' }
      seen.set(file.name, state)
      if (!settled || state.done || state.retryAt > platform.clock.now().getTime() || stopping.signal.aborted) continue
      await attempt(file, state)
    }
  }

  async function attempt(file: DropFile, state: Seen): Promise<void> {
    let failed = 'could not be taken in'
    try {
      const report = await takeIn(platform, directory, file)
      failed = 'was looked at, but its report could not be put beside it'
      if (report && report !== 'no drop') await writeReportFile(file.path, report)
      state.done = report !== undefined
    } catch (error) {
      // Gone or replaced while it was read: the next looks see what is there then.
      if ((await look(directory, file.name))?.signature !== file.signature) return
      state.failures += 1
      const pauseMs = Math.min(longestPauseMs, pollMs * 2 ** state.failures)
      state.retryAt = platform.clock.now().getTime() + pauseMs
      // What stays the same is not said every minute.
      const telling = `${pauseMs} ${(error as Error).message}`
      if (telling === state.told) return
      state.told = telling
      log(`drop ${file.path} ${failed}; it is tried again in ${pauseMs / 1000} s`, { error })
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

/** undefined when it changed meanwhile. */
async function takeIn(
  platform: Platform,
  directory: string,
  file: DropFile,
): Promise<DropReport | 'no drop' | undefined> {
  const key = `drops/${file.name}`
  if (file.isFile && (await isReportFile(file.path, key))) return 'no drop'
  if (await liesInPlaceOfReport(platform, key)) return 'no drop'
  return file.isFile ? reportOn(platform, directory, file, key) : refuse(platform, file, key, notAFile)
}

/** An edited report, or a file of the user that keeps its name: no drop, or it would be copied over the report that is stored. */
async function liesInPlaceOfReport({ table }: Platform, key: string): Promise<boolean> {
  return key.endsWith(reportSuffix) && (await findDrop(table, key.slice(0, -reportSuffix.length))) !== undefined
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
    if (isFault(error, 'invalid')) return refuse(platform, file, key, badName(file.name, error))
    throw error
  }
  return objectConsumers['intake-drop'](restrictTo(platform, deployable('intake-drop')), key)
}

/** Its name is no key: dropping it again under the same name would not help. */
function badName(name: string, cause: Fault): Fault {
  const why = cause.message.replace(/^.*" /s, '')
  return new Fault('invalid', `the name ${JSON.stringify(name)} ${why}; rename the file`, { cause })
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
