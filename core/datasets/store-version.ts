import { DatasetManifest, DatasetReport, type DatasetVersion } from '../../schemas/dataset.ts'
import { sha256, sha256OfBlob } from '../platform/digest.ts'
import { Fault, isFault } from '../platform/fault.ts'
import type { Blobs } from '../platform/ports.ts'
import { dataKey } from './dataset-store.ts'
import { dataFile, fileKey, manifestFile, reportFile } from './version-files.ts'

/** Canonical rows on their way to become a version. */
export type VersionFiles = Pick<DatasetVersion, 'name' | 'digest' | 'merkle_root' | 'rows' | 'bytes' | 'format'> & {
  report: DatasetReport
  /** The rows as they are to be stored, in pieces of any size; asked for only when they are not stored yet. */
  content: () => AsyncIterable<Uint8Array>
}

/**
 * Stores rows, report, and then the manifest. What lies there whole is left as it is, what is damaged is replaced. Fault `corrupt`
 * when the content is not what its digest says: nothing is left of it then.
 */
export async function storeVersion(blobs: Blobs, files: VersionFiles): Promise<void> {
  const before = await manifestThere(blobs, files)
  await storeData(blobs, files)
  const report = await storeReport(blobs, files, before)
  const manifest: DatasetManifest = {
    files: { [dataFile]: { sha256: files.digest, size: files.bytes }, [reportFile]: report },
    merkle_root: files.merkle_root,
    rows: files.rows,
    format: files.format,
  }
  if (JSON.stringify(before) === JSON.stringify(manifest)) return
  await blobs.put(fileKey(files, manifestFile), JSON.stringify(manifest), 'any')
}

async function storeData(blobs: Blobs, { content, ...version }: VersionFiles): Promise<void> {
  const key = dataKey(version)
  if ((await storedDigest(blobs, key)) === version.digest) return
  const stored = await blobs.put(key, content(), 'any')
  if (stored.sha256 === version.digest) return
  await blobs.delete(key)
  throw new Fault(
    'corrupt',
    `what dataset "${version.name}" is made of changed while it was being stored: the rows have sha256 ${stored.sha256}, not ${version.digest}; upload or build it again`,
  )
}

async function storedDigest(blobs: Blobs, key: string): Promise<string | undefined> {
  return (await blobs.head(key)) && (await sha256OfBlob(blobs, key)).sha256
}

/**
 * A report may differ from the one there, by the time that a build took: the first stays. Two writers at once list the same one in
 * their manifests, because only one of them can write it.
 */
async function storeReport(
  blobs: Blobs,
  files: VersionFiles,
  before: DatasetManifest | undefined,
): Promise<{ sha256: string; size: number }> {
  const key = fileKey(files, reportFile)
  for (;;) {
    const there = await blobs.get(key)
    const listed = before?.files[reportFile]?.sha256
    if (there && (listed === undefined ? isReport(there, files.rows) : sha256(there) === listed))
      return { sha256: sha256(there), size: there.length }
    try {
      const { sha256, size } = await blobs.put(key, JSON.stringify(files.report), there ? 'any' : 'absent')
      return { sha256, size }
    } catch (error) {
      if (!isFault(error, 'conflict')) throw error
    }
  }
}

function isReport(bytes: Uint8Array, rows: number): boolean {
  return parsed(bytes, DatasetReport)?.rows === rows
}

async function manifestThere(blobs: Blobs, files: VersionFiles): Promise<DatasetManifest | undefined> {
  const bytes = await blobs.get(fileKey(files, manifestFile))
  return bytes && parsed(bytes, DatasetManifest)
}

/** undefined when it is damaged. */
function parsed<Value>(bytes: Uint8Array, schema: { safeParse(value: unknown): { data?: Value } }): Value | undefined {
  try {
    return schema.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data
  } catch {
    return undefined
  }
}
