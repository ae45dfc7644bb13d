import type { Platform } from '../platform/ports.ts'
import type { Column } from './columns.ts'
import { type AttemptSeries, type AttemptState, createAttemptState } from './series-attempt.ts'
import { createSeriesCache } from './series-cache.ts'
import { listPositions, type Stored } from './series-positions.ts'
import { createStageSeries } from './series-stage.ts'
import { branchSpans, winningSpans } from './series-view.ts'

/** The points of jobs, decoded and kept in memory, each read up to date with what is stored. */
export interface SeriesReader {
  platform: Pick<Platform, 'metrics' | 'blobs'>
  /** Stages that logged anything. */
  stages(job: string): Promise<number[]>
  /** The rows of a stage that count, or those of one attempt; undefined when nothing was logged. */
  stage(job: string, stage: number, attempt?: number): Promise<StageSeries | undefined>
  positions(job: string): Promise<Stored[]>
  /** What is stored of the attempts at these positions, at least. */
  attempts(job: string, positions: readonly Stored[]): Promise<AttemptSeries[]>
  /** In memory. */
  bytes(): number
}

/** One row per step, steps strictly increasing. It does not change when more is stored. */
export interface StageSeries {
  steps: Float64Array
  /** Epoch milliseconds; NaN where it is not known. */
  times: Float64Array
  /** Whose row it is. */
  attemptAt(row: number): number
  names(): string[]
  column(name: string): Promise<Column | undefined>
}

const defaultMaxBytes = 256 * 1024 * 1024

/** Keeps at most `maxBytes` (256 MiB) between two reads. Those who ask at once share what is being read. */
export function createSeriesReader(
  platform: Pick<Platform, 'metrics' | 'blobs'>,
  options: { maxBytes?: number } = {},
): SeriesReader {
  const cache = createSeriesCache(options.maxBytes ?? defaultMaxBytes)
  const positions = (job: string) => listPositions(platform.metrics, job)

  function attempts(job: string, wanted: readonly Stored[]): Promise<AttemptSeries[]> {
    return Promise.all(
      wanted.map((position) => {
        const { stage, attempt } = position
        const key = `attempt ${job} ${stage} ${attempt}`
        const make = () => createAttemptState(platform, cache, { job, stage, attempt }, () => cache.settle(key))
        return cache.use<AttemptState>(key, make).upTo(position)
      }),
    )
  }

  return {
    platform,
    positions,
    attempts,
    bytes: cache.bytes,
    async stages(job) {
      return [...new Set((await positions(job)).map(({ stage }) => stage))]
    },
    async stage(job, stage, attempt) {
      const stored = (await positions(job)).filter((each) => each.stage === stage)
      const wanted = attempt === undefined ? stored : stored.filter((each) => each.attempt === attempt)
      const series = await attempts(job, wanted)
      const spans = attempt === undefined ? winningSpans(series) : series.flatMap(branchSpans)
      return spans.length === 0 ? undefined : createStageSeries(spans)
    },
  }
}
