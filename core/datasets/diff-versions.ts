import { createHash } from 'node:crypto'
import type { DatasetDiff, DatasetReport, DatasetVersion } from '../../schemas/dataset.ts'
import { Fault } from '../platform/fault.ts'
import type { Blobs } from '../platform/ports.ts'
import { decodeLine } from '../platform/read-lines.ts'
import { shortened } from './dataset-report.ts'
import { referenceOf } from './dataset-store.ts'
import { createHashCounts } from './hash-counts.ts'
import { mend, readReport, storedRows } from './version-files.ts'

export const mostRows = 5_000_000
const maxSamples = 10
const maxSample = 500

type Counts = Pick<DatasetDiff, 'added' | 'removed' | 'changed' | 'unchanged' | 'samples'>

/**
 * What changed between two versions, also of different datasets: rows as multisets, wherever they stand. Reads both twice, with some
 * 60 bytes of memory for each row that differs. Faults: `too_large` above 5 million rows, `corrupt` when stored bytes are damaged.
 */
export async function diffVersions(blobs: Blobs, from: DatasetVersion, to: DatasetVersion): Promise<DatasetDiff> {
  for (const version of [from, to]) requireFew(version)
  const [before, after] = await Promise.all([readReport(blobs, from), readReport(blobs, to)])
  const same = from.digest === to.digest
  return {
    from: identity(from),
    to: identity(to),
    ...(same ? nothingChanged(from.rows) : await compareRows(blobs, from, to)),
    ...movedStatistics(before, after),
  }
}

function requireFew(version: DatasetVersion): void {
  if (version.rows <= mostRows) return
  throw new Fault(
    'too_large',
    `${referenceOf(version)} has ${version.rows} rows, at most ${mostRows} are compared one by one; compare the reports: sluice data report ${version.name}`,
  )
}

const identity = ({ name, digest, rows }: DatasetVersion) => ({ name, digest, rows })

function nothingChanged(unchanged: number): Counts {
  return { added: 0, removed: 0, changed: 0, unchanged, samples: { added: [], removed: [], changed: [] } }
}

async function compareRows(blobs: Blobs, from: DatasetVersion, to: DatasetVersion): Promise<Counts> {
  const counts = createHashCounts()
  for await (const { bytes } of unchangedRows(blobs, from)) counts.add(bytes, 1)

  // Of the rows that only `to` has: which they are, and how many there are of each id.
  const isNew = new Uint8Array(to.rows)
  const newIds = createHashCounts()
  let unchanged = 0
  for await (const { number, bytes } of unchangedRows(blobs, to)) {
    if (counts.get(bytes) > 0) {
      counts.add(bytes, -1)
      unchanged += 1
      continue
    }
    isNew[number - 1] = 1
    const id = idOf(bytes)
    if (id !== undefined) newIds.add(id, 1)
  }

  const found: Counts = { ...nothingChanged(unchanged), added: to.rows - unchanged }
  await takeOld(blobs, from, { counts, newIds }, found)
  await takeNew(blobs, to, { isNew, newIds }, found)
  return found
}

/** The rows that only `from` has: each is paired with one of its id, or was removed. What stays in `newIds` was added. */
async function takeOld(
  blobs: Blobs,
  from: DatasetVersion,
  { counts, newIds }: Record<'counts' | 'newIds', ReturnType<typeof createHashCounts>>,
  found: Counts,
): Promise<void> {
  const { samples } = found
  const all = from.rows - found.unchanged
  for await (const { bytes } of storedRows(blobs, from)) {
    if (found.changed + found.removed >= all) return
    if (!(counts.get(bytes) > 0)) continue
    counts.add(bytes, -1)
    const id = idOf(bytes)
    if (id !== undefined && newIds.get(id) > 0) {
      newIds.add(id, -1)
      found.changed += 1
      found.added -= 1
      if (samples.changed.length < maxSamples) samples.changed.push({ id, from: sampleOf(bytes), to: '' })
    } else {
      found.removed += 1
      if (samples.removed.length < maxSamples) samples.removed.push(sampleOf(bytes))
    }
  }
}

/** Samples of the rows that only `to` has. Of several with one id, the first are the added ones. */
async function takeNew(
  blobs: Blobs,
  to: DatasetVersion,
  { isNew, newIds }: { isNew: Uint8Array; newIds: ReturnType<typeof createHashCounts> },
  { added, samples }: Counts,
): Promise<void> {
  const open = samples.changed.slice()
  const wanted = Math.min(added, maxSamples)
  for await (const { number, bytes } of storedRows(blobs, to)) {
    if (open.length === 0 && samples.added.length >= wanted) return
    if (isNew[number - 1] !== 1) continue
    const id = idOf(bytes)
    if (id === undefined || newIds.get(id) > 0) {
      if (id !== undefined) newIds.add(id, -1)
      if (samples.added.length < wanted) samples.added.push(sampleOf(bytes))
      continue
    }
    const at = open.findIndex((each) => each.id === id)
    const [pair] = at === -1 ? [] : open.splice(at, 1)
    if (pair) pair.to = sampleOf(bytes)
  }
}

/** Fault `corrupt` at the end when they are not the rows that were registered: what was counted would be of something else. */
async function* unchangedRows(blobs: Blobs, version: DatasetVersion) {
  const hash = createHash('sha256')
  yield* storedRows(blobs, version, (piece) => hash.update(piece))
  const digest = hash.digest('hex')
  if (digest === version.digest) return
  throw new Fault('corrupt', `the stored rows of ${referenceOf(version)} have sha256 ${digest}; ${mend}`)
}

function idOf(bytes: Uint8Array): string | undefined {
  try {
    return (JSON.parse(decodeLine(bytes, 1)) as { id?: string }).id
  } catch (cause) {
    throw new Fault('corrupt', `a stored row cannot be read: ${(cause as Error).message}; ${mend}`, { cause })
  }
}

function sampleOf(bytes: Uint8Array): string {
  return shortened(decodeLine(bytes, 1), maxSample)
}

function movedStatistics(before: DatasetReport, after: DatasetReport): Pick<DatasetDiff, 'columns' | 'categories'> {
  return {
    columns: moved(before.columns, after.columns, null),
    categories: moved(before.categories, after.categories, {}),
  }
}

function moved<Value, Absent>(before: Record<string, Value>, after: Record<string, Value>, absent: Absent) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const entries = names.map((name) => [name, { from: before[name] ?? absent, to: after[name] ?? absent }] as const)
  return Object.fromEntries(entries.filter(([, { from, to }]) => JSON.stringify(from) !== JSON.stringify(to)))
}
