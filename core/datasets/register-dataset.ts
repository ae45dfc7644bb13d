import { createHash } from 'node:crypto'
import type { DatasetVersion, RegisterDataset } from '../../schemas/dataset.ts'
import type { RowFormat } from '../../schemas/rows.ts'
import type { BusinessEvent } from '../platform/business-events.ts'
import { sha256OfBlob } from '../platform/digest.ts'
import { Fault, isFault } from '../platform/fault.ts'
import { change } from '../platform/guarded-write.ts'
import { type Caller, claimKey } from '../platform/idempotency.ts'
import type { Blobs, Item, Platform, Table } from '../platform/ports.ts'
import { dataKey, datasetFolder, headDraft, headKey, toDataset, toVersion, versionDraft } from './dataset-store.ts'
import { parseRows } from './parse-rows.ts'
import { uploadKey } from './uploads.ts'

/**
 * Turns an upload into an immutable version: canonical rows, named by their digest, manifest last. A file with any bad row is
 * refused whole (Fault `invalid`, every line named); the versions before stay as they are.
 */
export async function registerDataset(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock'>,
  name: string,
  request: RegisterDataset,
  caller: Caller,
): Promise<DatasetVersion> {
  const { blobs, clock, table } = platform
  const upload = uploadKey(request.upload)
  const source = await digestOfUpload(blobs, request)
  const canonical = await measure(() => blobs.read(upload), request.format)
  const before = await table.get(headKey(name))
  const first = await claimKey(platform, caller, { name, ...request }, { latest: latestOf(before) })

  const version: DatasetVersion = {
    name,
    ...canonical,
    source_sha256: source,
    taint: request.taint,
    created_at: clock.now().toISOString(),
  }
  await publish(blobs, version, () => blobs.read(upload))
  const registered = await record(table, version)
  await change(table, headKey(name), (head) => {
    // A repeat of an old request must not move the name back to it.
    if (latestOf(head) !== first.latest || first.latest === registered.digest) return undefined
    return { draft: headDraft({ name, latest: registered.digest, updated_at: clock.now().toISOString() }) }
  })
  return registered
}

const latestOf = (head: Item | undefined) => (head ? toDataset(head).latest : null)

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

async function digestOfUpload(blobs: Blobs, request: RegisterDataset): Promise<string> {
  try {
    const { sha256 } = await sha256OfBlob(blobs, uploadKey(request.upload))
    if (request.sha256 === undefined || request.sha256 === sha256) return sha256
    throw new Fault(
      'corrupt',
      `upload ${request.upload} has sha256 ${sha256}, not ${request.sha256}: it changed on the way; upload it again`,
    )
  } catch (error) {
    if (!isFault(error, 'not_found')) throw error
    throw new Fault(
      'not_found',
      `upload ${request.upload} holds no file; PUT the file to the URL that POST /v1/uploads returned, then register it`,
    )
  }
}

async function measure(source: () => AsyncIterable<Uint8Array>, asked: RowFormat | undefined) {
  const hash = createHash('sha256')
  let rows = 0
  let bytes = 0
  let format = asked
  const found = (detected: RowFormat) => {
    format = detected
  }
  for await (const row of parseRows(source, asked, found)) {
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
      throw new Fault('corrupt', `the upload changed while dataset "${version.name}" was being read; upload it again`)
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
