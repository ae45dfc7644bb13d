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

/** Difficulty of the rows, task by task: in memory are the features of one large task, or of many small ones together. */
export async function measureDifficulty(
  spool: RowSpool,
  rows: Uint32Array,
  quantiles: Difficulty,
): Promise<MeasuredDifficulty> {
  const totals = { ...newTotals('difficulty'), rows_in: rows.length, rows_out: rows.length }
  const bucketOf = new Uint8Array(spool.rows)
  const tasks = new Map<string, FrozenDifficulty['tasks'][string]>()
  for (const group of groupsOf(await tasksOf(spool, rows)))
    for (const [task, columns] of await columnsOf(spool, group)) {
      const members = group.get(task) as Uint32Array
      const known = freezeTask(columns, members.length, quantiles)
      const buckets = bucketColumn(known, columns, members.length)
      const counts = [0, 0, 0]
      for (const [i, row] of members.entries()) {
        bucketOf[row] = buckets[i] as number
        counts[buckets[i] as number]! += 1
      }
      tasks.set(task, known)
      totals.notes.push(`${task}: ${bucketNames.map((name, code) => `${counts[code]} ${name}`).join(', ')}`)
    }
  // A task may have the name of a prototype.
  const frozen: FrozenDifficulty = {
    definition: 'sluice.difficulty/1',
    tokens: 'estimated',
    tasks: Object.fromEntries(tasks),
  }
  return { frozen, bucketOf, totals }
}

/** Tasks taken together until they have so many rows: each group costs one pass over the features of all rows. */
const groupRows = 1_000_000

function* groupsOf(tasks: Map<string, Uint32Array>): Generator<Map<string, Uint32Array>> {
  let group = new Map<string, Uint32Array>()
  let rows = 0
  for (const [task, members] of tasks) {
    if (rows > 0 && rows + members.length > groupRows) {
      yield group
      group = new Map()
      rows = 0
    }
    group.set(task, members)
    rows += members.length
  }
  if (rows > 0) yield group
}

async function columnsOf(spool: RowSpool, group: Map<string, Uint32Array>): Promise<Map<string, Float32Array[]>> {
  const columns = new Map([...group.keys()].map((task): [string, Float32Array[]] => [task, []]))
  for (const feature of featureNames.keys()) {
    const all = await spool.feature(feature)
    for (const [task, members] of group)
      columns.get(task)?.push(Float32Array.from(members, (row) => all[row] as number))
  }
  return columns
}
