import type { MetricSeries } from '../../schemas/metrics.ts'
import type { Platform } from '../platform/ports.ts'
import { toWire } from './columns.ts'
import { type Chunk, readChunks } from './metric-store.ts'

export interface MetricQuery {
  names?: string[] | undefined
  stage?: number | undefined
  /** Inclusive. */
  start_step?: number | undefined
  end_step?: number | undefined
}

/** What is known of a stage: which attempt a step belongs to, and the values by metric and step. */
interface StageValues {
  owner: Map<number, number>
  series: Map<string, Map<number, number>>
}

/** Series by stage and name in step order. A step that several attempts logged belongs to the highest attempt. */
export async function queryMetrics(
  platform: Pick<Platform, 'metrics'>,
  job: string,
  query: MetricQuery,
): Promise<MetricSeries[]> {
  const stages = new Map<number, StageValues>()
  for await (const chunk of readChunks(platform.metrics, job, query.stage)) {
    const stage = stages.get(chunk.stage) ?? { owner: new Map(), series: new Map() }
    stages.set(chunk.stage, stage)
    addChunk(stage, chunk, query)
  }
  return [...stages].flatMap(([stage, { series }]) =>
    [...series].map(([name, values]) => ({ stage, name, points: inStepOrder(values) })),
  )
}

/** Chunks come by attempt: a step that is known from an earlier one loses what that one logged, in every metric. */
function addChunk({ owner, series }: StageValues, chunk: Chunk, query: MetricQuery): void {
  const { names, start_step: start = 0, end_step: end = Number.POSITIVE_INFINITY } = query
  const isWanted = (step: number) => step >= start && step <= end
  for (const step of chunk.steps.filter(isWanted)) {
    if ((owner.get(step) ?? chunk.attempt) !== chunk.attempt) for (const values of series.values()) values.delete(step)
    owner.set(step, chunk.attempt)
  }
  chunk.names.forEach((name, column) => {
    if (names && !names.includes(name)) return
    const values = series.get(name) ?? new Map<number, number>()
    series.set(name, values)
    chunk.values[column]?.forEach((value, row) => {
      const step = chunk.steps[row] as number
      if (value !== undefined && isWanted(step)) values.set(step, value)
    })
  })
}

function inStepOrder(values: Map<number, number>): MetricSeries['points'] {
  return [...values].sort(([a], [b]) => a - b).map(([step, value]) => [step, toWire(value)])
}
