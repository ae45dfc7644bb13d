import { getCursor } from '../metrics/metric-store.ts'
import type { Table } from '../platform/ports.ts'
import { loggedNames } from './logged-names.ts'
import { runSource } from './run-store.ts'

/** What a run logged last. */
export interface RunSummary {
  /** By the key that the client logged. */
  values: ReadonlyMap<string, number>
  /** Of the newest row. */
  step: number
  /** Epoch milliseconds, of the newest row. */
  time: number
  points: number
}

// Each is two reads; a search looks at thousands.
const lanes = 16

/** By run id. */
export async function summariesOf(metrics: Table, runs: readonly { id: string }[]): Promise<Map<string, RunSummary>> {
  const found = new Map<string, RunSummary>()
  const waiting = runs.values()
  const lane = async () => {
    for (const { id } of waiting) found.set(id, await summaryOf(metrics, id))
  }
  await Promise.all(Array.from({ length: Math.min(lanes, runs.length) }, lane))
  return found
}

export async function summaryOf(metrics: Table, id: string): Promise<RunSummary> {
  const cursor = await getCursor(metrics, runSource(id))
  const names = cursor.points === 0 ? [] : await loggedNames(metrics, id, cursor.names + cursor.refused_names.count)
  const latest = new Map(Object.entries(cursor.latest))
  const values = names.flatMap(({ name, native }): [string, number][] => {
    const value = latest.get(name)
    return value === undefined ? [] : [[native, Number(value)]]
  })
  return {
    values: new Map(values),
    step: cursor.last_step ?? 0,
    time: Number.isFinite(cursor.last_time) ? cursor.last_time : 0,
    points: cursor.points,
  }
}
