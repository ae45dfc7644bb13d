import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { RowFormat } from '../../schemas/rows.ts'
import { codeVersion } from '../platform/code-version.ts'
import type { Caller } from '../platform/idempotency.ts'
import type { Platform } from '../platform/ports.ts'
import { createMeasure, type Measured } from './measure-rows.ts'
import { parseRows } from './parse-rows.ts'
import { publishVersion } from './publish-version.ts'
import { claimHead } from './record-version.ts'

/** A file of rows on its way to become a version. */
export interface RowSource {
  how: 'upload' | 'drop'
  /** The same bytes each time. */
  read: () => AsyncIterable<Uint8Array>
  /** Of the file. */
  sha256: string
  /** Detected from the first row when undefined. */
  format: RowFormat | undefined
  taint: string[]
  suite?: boolean | undefined
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
  const measured = await measure(source)
  const claim = await claimHead(platform, name, caller, source.claim)
  return publishVersion(
    platform,
    {
      name,
      ...measured,
      content: () => canonicalLines(source.read, measured.format),
      source_sha256: source.sha256,
      taint: source.taint,
      lineage: { how: source.how, sources: [], operators: [], code_version: codeVersion },
      ...(source.suite && { suite: true }),
    },
    claim,
  )
}

async function measure({ read, format: asked }: RowSource): Promise<Measured & { format: RowFormat }> {
  const measure = createMeasure()
  let format = asked
  const found = (detected: RowFormat) => {
    format = detected
  }
  for await (const { json, row } of parseRows(read, asked, found)) measure.add(json, row)
  return { ...measure.finish(), format: format as RowFormat }
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
