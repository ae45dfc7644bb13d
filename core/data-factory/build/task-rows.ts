import { none } from './category-columns.ts'
import type { RowSpool } from './row-spool.ts'

/** Rows that name no task are one task together. */
export const noTask = '(none)'

/** The rows of each task, ascending. */
export async function tasksOf(spool: RowSpool, rows: Uint32Array): Promise<Map<string, Uint32Array>> {
  const codes = await spool.category('task')
  const names = [...spool.dictionaries.task.keys()]
  const sizes = new Map<number, number>()
  for (const row of rows) sizes.set(codes[row] as number, (sizes.get(codes[row] as number) ?? 0) + 1)
  const tasks = new Map<number, { rows: Uint32Array; end: number }>()
  for (const [code, size] of sizes) tasks.set(code, { rows: new Uint32Array(size), end: 0 })
  for (const row of rows) {
    const task = tasks.get(codes[row] as number) as { rows: Uint32Array; end: number }
    task.rows[task.end++] = row
  }
  const named = [...tasks].map(([code, task]): [string, Uint32Array] => [
    code === none ? noTask : (names[code] as string),
    task.rows,
  ])
  return new Map(named.sort(([a], [b]) => (a < b ? -1 : 1)))
}
