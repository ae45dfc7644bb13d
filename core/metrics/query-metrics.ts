import type { MetricSeries, MetricsAnswer } from '../../schemas/metrics.ts'
import { digestJson } from '../platform/digest.ts'
import { Fault } from '../platform/fault.ts'
import { bucketsOf, type StepParts, stepParts } from './buckets.ts'
import { unitOf } from './names.ts'
import { checkQuery, type MetricQuery, namesAsked } from './query-check.ts'
import { storedNames } from './query-names.ts'
import { countPoints, rawPoints } from './query-raw.ts'
import { viewsOf } from './query-views.ts'
import { placeText } from './series-positions.ts'
import type { SeriesReader } from './series-reader.ts'
import { namesOf, type Span } from './series-view.ts'

export type { MetricQuery } from './query-check.ts'

/** Points of one answer. */
export const maxPoints = 200_000
/** Counts up with each change of what an answer looks like. */
const answerForm = 1

/**
 * Series by stage and metric in step order. Faults: `invalid` with everything that is wrong in the query; `too_large` when more than
 * 200,000 points are asked for.
 */
export async function queryMetrics(
  reader: SeriesReader,
  job: string,
  query: MetricQuery,
  most: number = maxPoints,
): Promise<MetricsAnswer> {
  const { stages, next } = await viewsOf(reader, job, query, checkQuery(query))
  const wanted: Wanted[] = []
  for (const { stage, spans, attempts } of stages) {
    const names = await storedNames(reader.platform.metrics, namesAsked(query), namesOf(spans), attempts)
    for (const name of names) wanted.push({ stage, name, spans })
  }
  if (query.buckets === undefined) await checkSize(wanted, most)
  const series = await Promise.all(wanted.map((each) => seriesOf(each, query)))
  return { series: series.flat(), next }
}

/** Changes when an answer may change. Decodes nothing. */
export async function metricsEtag(
  reader: Pick<SeriesReader, 'positions'>,
  job: string,
  query: MetricQuery,
): Promise<string> {
  const places = (await reader.positions(job)).map(placeText)
  return digestJson({ answerForm, places, query: JSON.parse(JSON.stringify(query)) }).slice(0, 32)
}

interface Wanted {
  stage: number
  name: string
  spans: readonly Span[]
}

async function checkSize(wanted: readonly Wanted[], most: number): Promise<void> {
  let points = 0
  for (const { spans, name } of wanted) points += await countPoints(spans, name)
  if (points <= most) return
  throw new Fault(
    'too_large',
    `${points} points are asked for, at most ${most} fit an answer: use buckets, a range of steps or fewer names, or export them`,
  )
}

/** One series, or none where the metric has no point. */
async function seriesOf({ stage, name, spans }: Wanted, query: MetricQuery): Promise<MetricSeries[]> {
  const head = { stage, name, unit: unitOf(name) }
  if (query.buckets === undefined) {
    const found = await rawPoints(spans, name, query.times ?? false)
    return found.points.length === 0 ? [] : [{ ...head, ...found }]
  }
  const parts: StepParts | undefined = stepParts(spans, query.buckets)
  const buckets = parts && (await bucketsOf(spans, name, parts))
  return buckets ? [{ ...head, points: [], buckets }] : []
}
