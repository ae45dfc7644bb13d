import type { FrozenDifficulty } from '../../../schemas/difficulty.ts'
import type { Difficulty } from '../../../schemas/operators.ts'
import { featureNames } from '../difficulty/features.ts'
import { bucketColumn, freezeTask } from '../difficulty/freeze-difficulty.ts'
import { bucketNames } from '../select/balance.ts'
import { newTotals, type OperatorTotals } from './operator-totals.ts'
import type { RowSpool } from './row-spool.ts'
import { tasksOf } from './task-rows.ts'

export interface MeasuredDifficulty {
  frozen: FrozenDifficulty
  /** Of each row measured: 0 easy, 1 medium, 2 hard. */
  bucketOf: Uint8Array
  totals: OperatorTotals
}

/** Difficulty of the rows, task by task, one column of features in memory at a time beside those of one task. */
export async function measureDifficulty(
  spool: RowSpool,
  rows: Uint32Array,
  quantiles: Difficulty,
): Promise<MeasuredDifficulty> {
  const totals = { ...newTotals('difficulty'), rows_in: rows.length, rows_out: rows.length }
  const bucketOf = new Uint8Array(spool.rows)
  const frozen: FrozenDifficulty = { definition: 'sluice.difficulty/1', tokens: 'estimated', tasks: {} }
  for (const [task, members] of await tasksOf(spool, rows)) {
    const columns: Float32Array[] = []
    for (const feature of featureNames.keys()) {
      const all = await spool.feature(feature)
      columns.push(Float32Array.from(members, (row) => all[row] as number))
    }
    const known = freezeTask(columns, members.length, quantiles)
    const buckets = bucketColumn(known, columns, members.length)
    const counts = [0, 0, 0]
    for (const [i, row] of members.entries()) {
      bucketOf[row] = buckets[i] as number
      counts[buckets[i] as number]! += 1
    }
    frozen.tasks[task] = known
    totals.notes.push(`${task}: ${bucketNames.map((name, code) => `${counts[code]} ${name}`).join(', ')}`)
  }
  return { frozen, bucketOf, totals }
}
