import { none } from './category-columns.ts'
import type { RowSpool } from './row-spool.ts'

/** Rows that name no task are one task together. */
export const noTask = '(none)'

/** The rows of each task, ascending. */
export async function tasksOf(spool: RowSpool, rows: Uint32Array): Promise<Map<string, Uint32Array>> {
  const codes = await spool.category('task')
  const names = [...spool.dictionaries.task.keys()]
  // By name: a row may say that its task is "(none)".
  const nameOf = (row: number) => {
    const code = codes[row] as number
    return code === none ? noTask : (names[code] as string)
  }
  const sizes = new Map<string, number>()
  for (const row of rows) sizes.set(nameOf(row), (sizes.get(nameOf(row)) ?? 0) + 1)
  const tasks = new Map(
    [...sizes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, size]) => [name, new Uint32Array(size)]),
  )
  const ends = new Map<string, number>()
  for (const row of rows) {
    const name = nameOf(row)
    const end = ends.get(name) ?? 0
    ;(tasks.get(name) as Uint32Array)[end] = row
    ends.set(name, end + 1)
  }
  return tasks
}
