import type { MetricSeries } from '../../schemas/metrics.ts'
import { Fault, invalid } from '../platform/fault.ts'
import { type MetricQuery, maxPoints, queryMetrics } from './query-metrics.ts'
import type { SeriesReader } from './series-reader.ts'

export const maxCompared = 10

export interface ComparedJob {
  job: string
  series: MetricSeries[]
}

/** Each job asked alike, in the order given. Faults as `queryMetrics`, the points of all jobs counted together; at most 10 jobs. */
export async function compareSeries(
  reader: SeriesReader,
  jobs: readonly string[],
  query: Omit<MetricQuery, 'after' | 'attempt'>,
): Promise<{ jobs: ComparedJob[] }> {
  if (!(jobs.length >= 1 && jobs.length <= maxCompared))
    throw invalid('the comparison', [
      {
        pointer: '/jobs',
        code: 'out_of_range',
        message: `${jobs.length} jobs are named, 1 to ${maxCompared} can be compared`,
        remedy: `Name 1 to ${maxCompared} jobs.`,
      },
    ])
  const compared: ComparedJob[] = []
  let points = 0
  for (const job of jobs) {
    const { series } = await queryMetrics(reader, job, query)
    for (const each of series) points += each.points.length
    if (points > maxPoints)
      throw new Fault(
        'too_large',
        `the ${jobs.length} jobs have more than ${maxPoints} points: use buckets, a range of steps or fewer names`,
      )
    compared.push({ job, series })
  }
  return { jobs: compared }
}
