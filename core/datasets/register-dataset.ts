import { createHash } from 'node:crypto'
import type { Dataset, DatasetVersion, RegisterDataset } from '../../schemas/dataset.ts'
import type { RowFormat } from '../../schemas/rows.ts'
import { sha256OfBlob } from '../platform/digest.ts'
import { Fault, isFault } from '../platform/fault.ts'
import { change, putOnce } from '../platform/guarded-write.ts'
import { type Caller, claimKey } from '../platform/idempotency.ts'
import type { Blobs, Platform } from '../platform/ports.ts'
import { dataKey, datasetFolder, headDraft, headKey, toVersion, versionDraft } from './dataset-store.ts'
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
  await claimKey(platform, caller, { name, ...request })

  const version: DatasetVersion = {
    name,
    ...canonical,
    source_sha256: source,
    taint: request.taint,
    created_at: clock.now().toISOString(),
  }
  await publish(blobs, version, () => blobs.read(upload))
  const { item } = await putOnce(table, versionDraft(version), {
    id: `dataset/${name}/${version.digest}`,
    type: 'dataset.registered.v1',
    time: version.created_at,
    subject: `dataset/${name}`,
    data: { name, digest: version.digest, rows: version.rows },
  })
  const registered = toVersion(item)
  await change(table, headKey(name), (head) => {
    const data: Dataset = { name, latest: registered.digest, updated_at: clock.now().toISOString() }
    return head?.data.latest === registered.digest ? undefined : { draft: headDraft(data) }
  })
  return registered
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

async function publish(blobs: Blobs, version: DatasetVersion, source: () => AsyncIterable<Uint8Array>): Promise<void> {
  const folder = datasetFolder(version.name, version.digest)
  if (await blobs.head(`${folder}MANIFEST.json`)) return
  const stored = await blobs.put(dataKey(version), canonicalLines(source, version.format), 'any')
  if (stored.sha256 !== version.digest) {
    await blobs.delete(dataKey(version))
    throw new Fault('corrupt', `the upload changed while dataset "${version.name}" was being read; upload it again`)
  }
  const manifest = {
    files: { 'data-00000.jsonl': { sha256: stored.sha256, size: stored.size } },
    rows: version.rows,
    format: version.format,
  }
  await blobs.put(`${folder}MANIFEST.json`, JSON.stringify(manifest), 'any')
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
