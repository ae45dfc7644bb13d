import { DatasetManifest, DatasetReport, type DatasetVersion } from '../../schemas/dataset.ts'
import { sha256 } from '../platform/digest.ts'
import { Fault } from '../platform/fault.ts'
import { parseStored } from '../platform/parse.ts'
import type { Blobs } from '../platform/ports.ts'
import { splitLines } from '../platform/read-lines.ts'
import { dataKey, datasetFolder, referenceOf } from './dataset-store.ts'

type Named = Pick<DatasetVersion, 'name' | 'digest'>

export const dataFile = 'data-00000.jsonl'
export const reportFile = 'report.json'
export const manifestFile = 'MANIFEST.json'
export const mend = 'register or build the same rows again: that mends it'

/** Whatever was registered is read: a row of a JSON array may be longer than a line of a file may. */
const longestRow = 512 * 1024 * 1024

export const fileKey = (version: Named, file: string) => `${datasetFolder(version.name, version.digest)}${file}`

/** The bytes of each stored row without its newline, `number` from 1; `watch` sees every piece of the file first. */
export function storedRows(blobs: Pick<Blobs, 'read'>, version: Named, watch: (piece: Uint8Array) => void = () => {}) {
  async function* pieces() {
    for await (const piece of blobs.read(dataKey(version))) {
      watch(piece)
      yield piece
    }
  }
  return splitLines(pieces(), longestRow)
}

/** Fault `corrupt` when it is not there or cannot be read. */
export async function readManifest(blobs: Pick<Blobs, 'get'>, version: Named): Promise<DatasetManifest> {
  const key = fileKey(version, manifestFile)
  const bytes = await blobs.get(key)
  if (bytes) return parseStored(DatasetManifest, bytes, key)
  throw new Fault('corrupt', `${referenceOf(version)} has no ${manifestFile}; ${mend}`)
}

/** What a version looks like. Fault `corrupt` when it is not the report that the manifest lists. */
export async function readReport(blobs: Pick<Blobs, 'get'>, version: Named): Promise<DatasetReport> {
  const { files } = await readManifest(blobs, version)
  const key = fileKey(version, reportFile)
  const bytes = await blobs.get(key)
  if (!bytes) throw new Fault('corrupt', `${referenceOf(version)} has no ${reportFile}; ${mend}`)
  const [found, listed] = [sha256(bytes), files[reportFile]?.sha256]
  if (found === listed) return parseStored(DatasetReport, bytes, key)
  throw new Fault('corrupt', `${key} has sha256 ${found}, its manifest says ${listed ?? 'nothing of it'}; ${mend}`)
}
