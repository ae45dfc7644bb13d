import { createHash } from 'node:crypto'
import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { Row } from '../../schemas/rows.ts'
import { Fault } from '../platform/fault.ts'
import type { Blobs } from '../platform/ports.ts'
import { decodeLine } from '../platform/read-lines.ts'
import { referenceOf } from './dataset-store.ts'
import { mend, storedRows } from './version-files.ts'

/**
 * Rows of a version in order, `index` from 0. Fault `corrupt` naming both digests when the stored bytes are not those that were
 * registered. That is known after the last row: what a reader makes of rows holds only once the reading has ended without a fault.
 */
export async function* readDataset(
  blobs: Pick<Blobs, 'read'>,
  version: Pick<DatasetVersion, 'name' | 'digest'>,
): AsyncGenerator<{ index: number; row: Row }> {
  const hash = createHash('sha256')
  let problem: unknown
  try {
    for await (const { number, bytes } of storedRows(blobs, version, (piece) => hash.update(piece))) {
      if (problem !== undefined) continue
      const row = parsed(bytes, number)
      if ('problem' in row) problem = row.problem
      else yield { index: number - 1, row: row.value }
    }
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'invalid') throw error
    problem = error
  }
  const found = hash.digest('hex')
  if (problem === undefined && found === version.digest) return
  const reason = problem === undefined ? '' : ` (${(problem as Error).message})`
  throw new Fault(
    'corrupt',
    `the stored rows of ${referenceOf(version)} are not those that were registered: they have sha256 ${found}, not ${version.digest}${reason}; ${mend}`,
    { cause: problem },
  )
}

function parsed(bytes: Uint8Array, number: number): { value: Row } | { problem: unknown } {
  try {
    return { value: JSON.parse(decodeLine(bytes, number)) as Row }
  } catch (problem) {
    return { problem }
  }
}
