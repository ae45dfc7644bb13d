import { has } from '../metrics/columns.ts'
import { readChunks } from '../metrics/metric-store.ts'
import type { Platform } from '../platform/ports.ts'
import { storedName } from './logged-names.ts'
import { pageOf } from './offset-page.ts'
import { getRun, runSource } from './run-store.ts'

export interface HistoryPoint {
  step: number
  /** Epoch milliseconds. */
  time: number
  value: number
}

const mostResults = 25_000

/**
 * Every point of a metric by time, step and value, as MLflow orders them; equal ones once. Empty for a metric that was never logged.
 * Faults: `not_found` for the run, `invalid` for the page.
 */
export async function metricHistory(
  platform: Pick<Platform, 'table' | 'metrics'>,
  id: string,
  key: string,
  page: { limit: number | undefined; token: string },
): Promise<{ points: HistoryPoint[]; next: string | undefined }> {
  await getRun(platform.table, id)
  const source = runSource(id)
  const name = await storedName(platform.metrics, id, key)
  const points: HistoryPoint[] = []
  for await (const { chunk } of readChunks(platform.metrics, source.job, { stage: 0, attempt: 1 })) {
    const column = name === undefined ? undefined : chunk.columns.find((each) => each.name === name)
    if (!column) continue
    column.values.forEach((value, row) => {
      if (has(column, row)) points.push({ step: chunk.steps[row] ?? 0, time: chunk.times[row] ?? 0, value })
    })
  }
  points.sort(byTime)
  const once = points.filter((point, i) => i === 0 || !isSame(point, points[i - 1] as HistoryPoint))
  const limit = Math.min(page.limit ?? mostResults, mostResults)
  const { items, next } = pageOf(once, { most: mostResults, limit, token: page.token })
  return { points: items, next }
}

/** NaN last: it has no place among numbers, and a sort needs one. */
function byTime(a: HistoryPoint, b: HistoryPoint): number {
  const nan = Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value))
  return a.time - b.time || a.step - b.step || nan || Number(a.value > b.value) - Number(a.value < b.value)
}

const isSame = (a: HistoryPoint, b: HistoryPoint) =>
  a.time === b.time && a.step === b.step && Object.is(a.value, b.value)
