import type { DatasetVersion, RowProof } from '../../schemas/dataset.ts'
import { Fault } from '../platform/fault.ts'
import type { Blobs } from '../platform/ports.ts'
import { decodeLine } from '../platform/read-lines.ts'
import { referenceOf } from './dataset-store.ts'
import { proofFor } from './merkle.ts'
import { mend, storedRows } from './version-files.ts'

/** What an answer of API Gateway holds, with room for the path and for escapes of JSON within JSON. */
const longestProof = 2 * 1024 * 1024

/**
 * The proof that row `index` (from 0) is one of the version's: every row is read for it. Faults: `not_found` past the last row,
 * `too_large` above 2 MB, `corrupt` when the stored rows are not those of the version's root.
 */
export async function proveRow(blobs: Blobs, version: DatasetVersion, index: number): Promise<RowProof> {
  const { name, digest, merkle_root, rows } = version
  if (!(index < rows))
    throw new Fault('not_found', `${referenceOf(version)} has no row ${index}; its rows are 0 to ${rows - 1}`)
  const proof = await proofFor(leaves(blobs, version), index)
  if (!proof || proof.root !== merkle_root || proof.leaves !== rows)
    throw new Fault(
      'corrupt',
      `the ${proof?.leaves ?? 'too few'} stored rows of ${referenceOf(version)} have the root ${proof?.root ?? '(none)'}, not ${merkle_root} of ${rows} rows; ${mend}`,
    )
  if (proof.leaf.length > longestProof)
    throw new Fault(
      'too_large',
      `row ${index} of ${referenceOf(version)} has ${proof.leaf.length} bytes, a proof holds at most ${longestProof}; download the data and prove it there`,
    )
  return { name, digest, merkle_root, row: index, rows, json: decodeLine(proof.leaf, index + 1), path: proof.path }
}

async function* leaves(blobs: Blobs, version: DatasetVersion): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of storedRows(blobs, version)) yield bytes
}
