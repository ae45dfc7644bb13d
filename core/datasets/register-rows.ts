import { createHash } from 'node:crypto'
import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { RowFormat } from '../../schemas/rows.ts'
import type { BusinessEvent } from '../platform/business-events.ts'
import { sha256OfBlob } from '../platform/digest.ts'
import { Fault } from '../platform/fault.ts'
import { change } from '../platform/guarded-write.ts'
import { type Caller, claimKey } from '../platform/idempotency.ts'
import type { Blobs, Item, Platform, Table } from '../platform/ports.ts'
import { dataKey, datasetFolder, headDraft, headKey, toDataset, toVersion, versionDraft } from './dataset-store.ts'
import { parseRows } from './parse-rows.ts'

/** A file of rows on its way to become a version. */
export interface RowSource {
  /** The same bytes each time. */
  read: () => AsyncIterable<Uint8Array>
  /** Of the file. */
  sha256: string
  /** Detected from the first row when undefined. */
  format: RowFormat | undefined
  taint: string[]
  /** Of the request, as the caller's key is bound to it. */
  claim: unknown
}

/**
 * Turns a file into an immutable version: canonical rows, named by their digest, manifest last. A file with any bad row is refused
 * whole (Fault `invalid`, every line named); the versions before stay as they are. A repeat by the caller's key changes nothing.
 */
export async function registerRows(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock'>,
  name: string,
  source: RowSource,
  caller: Caller,
): Promise<DatasetVersion> {
  const { blobs, clock, table } = platform
  const canonical = await measure(source)
  const before = await table.get(headKey(name))
  const first = await claimKey(platform, caller, source.claim, { latest: latestOf(before) })

  const version: DatasetVersion = {
    name,
    ...canonical,
    source_sha256: source.sha256,
    taint: source.taint,
    created_at: clock.now().toISOString(),
  }
  await publish(blobs, version, source.read)
  const registered = await record(table, version)
  await change(table, headKey(name), (head) => {
    // A repeat of an old request must not move the name back to it.
    if (latestOf(head) !== first.latest || first.latest === registered.digest) return undefined
    return { draft: headDraft({ name, latest: registered.digest, updated_at: clock.now().toISOString() }) }
  })
  return registered
}

const latestOf = (head: Item | undefined) => (head ? toDataset(head).latest : null)

async function measure({ read, format: asked }: RowSource) {
  const hash = createHash('sha256')
  let rows = 0
  let bytes = 0
  let format = asked
  const found = (detected: RowFormat) => {
    format = detected
  }
  for await (const row of parseRows(read, asked, found)) {
    const line = Buffer.from(`${row.json}\n`)
    hash.update(line)
    rows += 1
    bytes += line.length
  }
  return { digest: hash.digest('hex'), rows, bytes, format: format as RowFormat }
}

/** Stores the rows and then the manifest. Rows that are there with their digest are left alone; damaged ones are replaced. */
async function publish(blobs: Blobs, version: DatasetVersion, source: () => AsyncIterable<Uint8Array>): Promise<void> {
  const key = dataKey(version)
  if ((await storedDigest(blobs, key)) !== version.digest) {
    const stored = await blobs.put(key, canonicalLines(source, version.format), 'any')
    if (stored.sha256 !== version.digest) {
      await blobs.delete(key)
      throw new Fault('corrupt', `the file changed while dataset "${version.name}" was being read; upload it again`)
    }
  }
  const { digest: sha256, bytes: size, rows, format } = version
  const manifestKey = `${datasetFolder(version.name, sha256)}MANIFEST.json`
  if (await blobs.head(manifestKey)) return
  const manifest = { files: { 'data-00000.jsonl': { sha256, size } }, rows, format }
  await blobs.put(manifestKey, JSON.stringify(manifest), 'any')
}

async function storedDigest(blobs: Blobs, key: string): Promise<string | undefined> {
  return (await blobs.head(key)) && (await sha256OfBlob(blobs, key)).sha256
}

async function* canonicalLines(source: () => AsyncIterable<Uint8Array>, format: RowFormat): AsyncGenerator<Uint8Array> {
  let batch: string[] = []
  for await (const row of parseRows(source, format)) {
    batch.push(row.json, '\n')
    if (batch.length < 2000) continue
    yield Buffer.from(batch.join(''))
    batch = []
  }
  yield Buffer.from(batch.join(''))
}

/** Whoever registers the same rows gets the version that is there. What taints them adds up: a taint never goes away. */
async function record(table: Table, version: DatasetVersion): Promise<DatasetVersion> {
  const draft = versionDraft(version)
  const item = await change(table, draft, (current) => {
    if (!current) return { draft, event: registeredEvent(version) }
    const known = toVersion(current)
    const taint = [...new Set([...known.taint, ...version.taint])]
    return taint.length === known.taint.length ? undefined : { draft: versionDraft({ ...known, taint }) }
  })
  return toVersion(item as Item)
}

function registeredEvent({ name, digest, rows, created_at }: DatasetVersion): BusinessEvent {
  return {
    id: `dataset/${name}/${digest}`,
    type: 'dataset.registered.v1',
    time: created_at,
    subject: `dataset/${name}`,
    data: { name, digest, rows },
  }
}
