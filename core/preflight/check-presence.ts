import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { Check } from '../../schemas/preflight.ts'
import { dataKey, referenceOf } from '../datasets/dataset-store.ts'
import { sha256OfBlob } from '../platform/digest.ts'
import { isFault } from '../platform/fault.ts'
import type { Blobs } from '../platform/ports.ts'
import { judge } from './check.ts'

/** Are the bytes there, and are they the ones that were registered? */
export async function checkPresence(blobs: Pick<Blobs, 'read'>, version: DatasetVersion): Promise<Check> {
  const measured = await digestOrReason(blobs, version)
  return judge(measured === version.digest, {
    name: 'dataset_digest',
    subject: referenceOf(version),
    value: measured,
    threshold: version.digest,
    message:
      measured === version.digest
        ? `${version.rows} rows are present and unchanged`
        : `the stored bytes are not those that were registered: ${measured}`,
    remedy: 'Register the dataset again; never edit stored versions.',
  })
}

async function digestOrReason(blobs: Pick<Blobs, 'read'>, version: DatasetVersion): Promise<string> {
  try {
    return (await sha256OfBlob(blobs, dataKey(version))).sha256
  } catch (error) {
    if (isFault(error, 'not_found')) return 'absent'
    throw error
  }
}
