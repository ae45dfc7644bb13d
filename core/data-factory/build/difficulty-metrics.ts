import { featureNames } from '../difficulty/features.ts'
import { bucketNames } from '../select/balance.ts'
import { none } from './category-columns.ts'
import type { RowSpool } from './row-spool.ts'
import { keptIn, type Selection } from './select-rows.ts'
import { noTask } from './task-rows.ts'

const rowsAPiece = 65_536

/** One JSON line for each row of a part, in its order: `row` from 1, task, the seven features, and the bucket. */
export async function* difficultyMetrics(
  spool: RowSpool,
  selection: Selection,
  part: number,
): AsyncGenerator<Uint8Array> {
  const { bucketOf } = selection
  if (!bucketOf) return
  const codes = await spool.category('task')
  const tasks = [...spool.dictionaries.task.keys()]
  const kept = keptIn(selection, part)
  let next = 0
  for (let start = 0; start < spool.rows; start += rowsAPiece) {
    const columns: Float32Array[] = []
    for (const feature of featureNames.keys())
      columns.push(await spool.featurePiece(feature, start, Math.min(spool.rows, start + rowsAPiece)))
    const lines: string[] = []
    for (; next < kept.length && (kept[next] as number) < start + rowsAPiece; next++) {
      const row = kept[next] as number
      const code = codes[row] as number
      const values = featureNames.map((name, i) => [name, columns[i]?.[row - start]])
      const task = code === none ? noTask : tasks[code]
      lines.push(
        JSON.stringify({
          row: next + 1,
          task,
          ...Object.fromEntries(values),
          difficulty: bucketNames[bucketOf[row] as number],
        }),
        '\n',
      )
    }
    if (lines.length > 0) yield new TextEncoder().encode(lines.join(''))
  }
}
