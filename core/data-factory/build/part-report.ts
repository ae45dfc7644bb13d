import type { DatasetReport } from '../../../schemas/dataset.ts'
import type { Distribution, Tally } from '../../../schemas/distribution.ts'
import { createTally } from '../../datasets/tally.ts'
import { categoryNames } from '../../text/describe-row.ts'
import { createDistribution } from '../../text/distribution.ts'
import { featureNames } from '../difficulty/features.ts'
import { bucketNames } from '../select/balance.ts'
import { none } from './category-columns.ts'
import { describedColumns } from './prepare-batch.ts'
import type { RowSpool } from './row-spool.ts'
import { keptIn, type Selection } from './select-rows.ts'

/** What a part looks like, from the columns that were kept of its rows: no row is read again. */
export async function partReport(
  spool: RowSpool,
  selection: Selection,
  part: number,
  known: Pick<DatasetReport, 'rows' | 'samples' | 'operators'>,
): Promise<DatasetReport> {
  const kept = keptIn(selection, part)
  const columns: DatasetReport['columns'] = {}
  for (const name of describedColumns) columns[name] = distributionOf(await spool.described(name), kept)
  const { bucketOf } = selection
  if (bucketOf)
    for (const [i, name] of featureNames.entries())
      columns[`difficulty_${name}`] = distributionOf(await spool.feature(i), kept)

  const categories: DatasetReport['categories'] = {}
  for (const name of categoryNames) {
    const codes = await spool.category(name)
    const values = [...spool.dictionaries[name].keys()]
    const counted = tallyOf(kept, (row) => (codes[row] === none ? undefined : values[codes[row] as number]))
    if (Object.keys(counted).length > 0) categories[name] = counted
  }
  if (bucketOf) categories.difficulty = tallyOf(kept, (row) => bucketNames[bucketOf[row] as number])
  return {
    definition: 'sluice.dataset-report/1',
    ...known,
    exact_duplicates: selection.repeatsIn(part),
    columns,
    categories,
  }
}

function distributionOf(values: Float32Array, rows: Uint32Array): Distribution {
  const distribution = createDistribution()
  for (const row of rows) distribution.add(values[row] as number)
  return distribution.toJSON()
}

function tallyOf(rows: Uint32Array, labelOf: (row: number) => string | undefined): Tally {
  const tally = createTally()
  for (const row of rows) {
    const label = labelOf(row)
    if (label !== undefined) tally.add(label)
  }
  return tally.toJSON()
}
