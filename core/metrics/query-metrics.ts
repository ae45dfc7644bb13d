import type { MetricSeries } from '../../schemas/metrics.ts'
import type { Platform } from '../platform/ports.ts'
import { toWire } from './columns.ts'
import { readChunks } from './metric-store.ts'

export interface MetricQuery {
  names?: string[] | undefined
  stage?: number | undefined
  /** Inclusive. */
  start_step?: number | undefined
  end_step?: number | undefined
}

/** Series by stage and name in step order. A step that several attempts logged belongs to the highest attempt. */
export async function queryMetrics(
  platform: Pick<Platform, 'metrics'>,
  job: string,
  query: MetricQuery,
): Promise<MetricSeries[]> {
  const wanted = query.names && new Set(query.names)
  const start = query.start_step ?? 0
  const end = query.end_step ?? Number.POSITIVE_INFINITY
  const owner = new Map<string, number>()
  const series = new Map<
    string,
    { stage: number; name: string; points: Map<number, { attempt: number; value: number }> }
  >()

  for await (const chunk of readChunks(platform.metrics, job, query.stage)) {
    for (const step of chunk.steps) owner.set(`${chunk.stage}/${step}`, chunk.attempt)
    chunk.names.forEach((name, column) => {
      if (wanted && !wanted.has(name)) return
      const key = `${chunk.stage}/${name}`
      const found = series.get(key) ?? { stage: chunk.stage, name, points: new Map() }
      series.set(key, found)
      chunk.values[column]?.forEach((value, row) => {
        const step = chunk.steps[row] as number
        if (value !== undefined && step >= start && step <= end)
          found.points.set(step, { attempt: chunk.attempt, value })
      })
    })
  }
  return [...series.values()].map(({ stage, name, points }) => ({
    stage,
    name,
    points: [...points]
      .filter(([step, point]) => owner.get(`${stage}/${step}`) === point.attempt)
      .sort(([a], [b]) => a - b)
      .map(([step, point]): [number, ReturnType<typeof toWire>] => [step, toWire(point.value)]),
  }))
}
