import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { reportSuffix } from '../core/datasets/drop-store.ts'
import { sha256 } from '../core/platform/digest.ts'
import { Fault } from '../core/platform/fault.ts'
import { DropReport } from '../schemas/drop.ts'

const maxBytes = 1024 * 1024
// Of every common file system, in bytes.
const longestName = 255

/** Whether this file is the report of the file beside it; `key` is its place under `drops/`. */
export async function isReportFile(path: string, key: string): Promise<boolean> {
  return path.endsWith(reportSuffix) && (await readReport(path))?.key === key.slice(0, -reportSuffix.length)
}

/** Writes the report beside its file, whole or not at all. Fault `conflict` when something else has its name, or no file can have it. */
export async function writeReportFile(file: string, report: DropReport): Promise<void> {
  const path = `${file}${reportSuffix}`
  if (Buffer.byteLength(basename(path)) > longestName)
    throw new Fault('conflict', `${file} has too long a name for a report beside it; rename it`)
  const text = `${JSON.stringify(report, null, 2)}\n`
  const there = await readFile(path, 'utf8').catch(() => undefined)
  if (there === text) return
  if (there !== undefined && (await readReport(path))?.key !== report.key)
    throw new Fault('conflict', `${path} is not a report of sluice, and its name is for the report; rename it`)
  // Not longer than the report's own name, which may be as long as names can be.
  const temporary = join(dirname(path), `.${sha256(basename(path)).slice(0, 32)}.tmp`)
  await writeFile(temporary, text)
  await rename(temporary, path)
}

async function readReport(path: string): Promise<DropReport | undefined> {
  try {
    if ((await stat(path)).size > maxBytes) return undefined
    return DropReport.safeParse(JSON.parse(await readFile(path, 'utf8'))).data
  } catch {
    return undefined
  }
}
