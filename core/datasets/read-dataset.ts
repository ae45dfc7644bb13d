import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { Row } from '../../schemas/rows.ts'
import type { Blobs } from '../platform/ports.ts'
import { readLines } from '../platform/read-lines.ts'
import { dataKey } from './dataset-store.ts'

/** Rows of a version in order, `index` from 0. They were checked when the version was registered; the digest says that they are the same. */
export async function* readDataset(
  blobs: Pick<Blobs, 'read'>,
  version: Pick<DatasetVersion, 'name' | 'digest'>,
): AsyncGenerator<{ index: number; row: Row }> {
  for await (const line of readLines(blobs.read(dataKey(version)))) {
    yield { index: line.number - 1, row: JSON.parse(line.text) as Row }
  }
}
