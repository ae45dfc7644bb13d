import { type Columns, has } from '../../../core/metrics/columns.ts'
import { readChunks } from '../../../core/metrics/metric-store.ts'
import type { Oddities, OpenWatcher } from '../../../core/metrics/watcher.ts'
import type { Table } from '../../../core/platform/ports.ts'

export interface IngestedRow {
  step: number
  time: number
  data: Record<string, number>
}

/** Every stored row of a job, in the order in which it was logged. */
export async function rowsOf(metrics: Table, job: string): Promise<IngestedRow[]> {
  const rows: IngestedRow[] = []
  for await (const { chunk } of readChunks(metrics, job)) rows.push(...toRows(chunk))
  return rows
}

/** Rows of a few columns, absences left out. */
export function toRows({ steps, times, columns }: Columns): IngestedRow[] {
  return Array.from(steps, (step, row) => {
    const own = columns.filter((column) => has(column, row))
    const data = Object.fromEntries(own.map(({ name, values }) => [name, values[row] as number]))
    return { step, time: times[row] as number, data }
  })
}

/** A watcher whose state is the number of rows and a sum over what it saw, and all that was shown to it. */
export function watched(): { open: OpenWatcher; rows: IngestedRow[]; oddities: Oddities[]; states: string[] } {
  const seen = { rows: [] as IngestedRow[], oddities: [] as Oddities[], states: [] as string[] }
  const open: OpenWatcher = async (_, state) => {
    let [count, sum] = JSON.parse(state ? Buffer.from(state).toString() : '[0,0]') as [number, number]
    return {
      async observe(rows, oddities) {
        for (const row of toRows(rows)) {
          count += 1
          sum = (sum * 31 + row.step + JSON.stringify(row.data).length) % 1_000_003
          seen.rows.push(row)
        }
        seen.oddities.push(oddities)
      },
      state() {
        seen.states.push(`${count} ${sum}`)
        return Buffer.from(JSON.stringify([count, sum]))
      },
    }
  }
  return { ...seen, open }
}
