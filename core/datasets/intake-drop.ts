import type { DropReport } from '../../schemas/drop.ts'
import { isBlobKey } from '../platform/blob-key.ts'
import { digestJson, sha256OfBlob } from '../platform/digest.ts'
import { type Breach, Fault, isFault } from '../platform/fault.ts'
import type { BlobInfo, Item, Platform } from '../platform/ports.ts'
import { acceptedReport, namingProblems, refusalOf } from './drop-report.ts'
import { dropDraft, dropKey, dropParts, findDrop, reportKey, reportSuffix, toReport } from './drop-store.ts'
import { type RowSource, registerRows } from './register-rows.ts'

type Needs = Pick<Platform, 'table' | 'blobs' | 'clock'>

const rounds = 8

/**
 * Makes a dataset version of the object that lies at `key` now, and a report of it, accepted or refused: in the table, then beside
 * the object. Whatever was done for this very object is left as it is, so an event may come late, twice, or at the same time as
 * another. undefined when there is nothing to look at. Of several files, the name points at the one that was read last.
 * Fault `busy` when the object keeps changing; any fault that passes is thrown: try again.
 */
export async function intakeDrop(platform: Needs, key: string): Promise<DropReport | undefined> {
  const { table, blobs } = platform
  if (key.endsWith('/') || (await isReport(platform, key))) return undefined
  for (let round = 0; round < rounds; round++) {
    const object = await blobs.head(key)
    if (!object) return undefined
    const item = await table.get(dropKey(key))
    const report = item && isAbout(item, object) ? toReport(item) : await newReport(platform, object, item)
    if (!report) continue
    await layBeside(platform, report)
    const [now, kept] = [await blobs.head(key), await table.get(dropKey(key))]
    if (kept && isAbout(kept, now ?? object) && isAbout(kept, object)) return report
  }
  throw new Fault('busy', `${key} changed ${rounds} times while it was being read; try again`)
}

/** The etag alone does not tell: S3 gives the same bytes the same one, and dropping old bytes again is a new drop. */
const isAbout = ({ data }: Item, object: BlobInfo) =>
  data.etag === object.etag && data.modified_at === object.modifiedAt

/** A report is in the table before it lies beside its object: the event of its own arrival finds it there. */
async function isReport({ table }: Needs, key: string): Promise<boolean> {
  return key.endsWith(reportSuffix) && (await findDrop(table, key.slice(0, -reportSuffix.length))) !== undefined
}

/** undefined when the object or its record changed meanwhile. */
async function newReport(platform: Needs, object: BlobInfo, before: Item | undefined): Promise<DropReport | undefined> {
  const report = await takeIn(platform, object)
  if (!report) return undefined
  try {
    await platform.table.put(dropDraft(report), before ? { version: before.version } : 'absent')
    return report
  } catch (error) {
    if (isFault(error, 'conflict')) return undefined
    throw error
  }
}

/** undefined when the object was replaced while it was read. */
async function takeIn(platform: Needs, { key, etag, modifiedAt }: BlobInfo): Promise<DropReport | undefined> {
  const { blobs, clock } = platform
  const facts = { key, etag, modified_at: modifiedAt, at: clock.now().toISOString() }
  const problems = namingProblems(key)
  if (problems.length > 0) return refusalOf(facts, misplaced(problems))

  let replaced = false
  async function* read(): AsyncGenerator<Uint8Array> {
    yield* blobs.read(key)
    replaced = (await blobs.head(key))?.etag !== etag
    if (replaced) throw new Fault('conflict', `${key} was replaced while it was being read`)
  }
  let sha256: string | undefined
  try {
    sha256 = (await sha256OfBlob({ read }, key)).sha256
    const { dataset } = dropParts(key)
    const source: RowSource = {
      how: 'drop',
      read,
      sha256,
      format: undefined,
      taint: [],
      claim: { key, etag, modifiedAt },
    }
    const caller = { principal: 'drops', idempotencyKey: digestJson(source.claim) }
    return acceptedReport(facts, await registerRows(platform, dataset, source, caller), sha256)
  } catch (error) {
    if (replaced) return undefined
    if (isFault(error, 'invalid') || isFault(error, 'too_large')) return refusalOf(facts, error, sha256)
    throw error
  }
}

function misplaced(errors: Breach[]): Fault {
  return new Fault('invalid', errors.map(({ message }) => message).join('; '), { errors })
}

/** Writes nothing when it lies there already: every write is an event. A name too long for a report was refused, in the table only. */
async function layBeside({ blobs }: Needs, report: DropReport): Promise<void> {
  const key = reportKey(report.key)
  if (!isBlobKey(key)) return
  const text = `${JSON.stringify(report, null, 2)}\n`
  const there = await blobs.head(key)
  const bytes = new TextEncoder().encode(text)
  if (there?.size === bytes.length && new TextDecoder().decode(await blobs.get(key)) === text) return
  await blobs.put(key, bytes, 'any')
}
