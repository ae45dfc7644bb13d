import type { Table } from '../platform/ports.ts'
import { lastRecorded } from './compact-record.ts'
import { readChunks } from './metric-store.ts'
import { encodeSeen, type Limits, type MetricQuery, parseSeen } from './query-check.ts'
import type { AttemptSeries } from './series-attempt.ts'
import type { Part } from './series-part.ts'
import { comparePlaces, type Place, parsePlace, placeText, type Stored } from './series-positions.ts'
import type { SeriesReader } from './series-reader.ts'
import { lowerBound } from './series-search.ts'
import { createTail } from './series-tail.ts'
import { branchSpans, type Span, type StageView, winningSpans, withinSteps, withinTimes } from './series-view.ts'

export interface QueriedStage extends StageView {
  attempts: AttemptSeries[]
}

/** The rows that a query asks for, by stage, and the place of the last chunk that is in them. */
export async function viewsOf(
  reader: SeriesReader,
  job: string,
  query: Pick<MetricQuery, 'stage' | 'attempt' | 'after'>,
  limits: Limits,
): Promise<{ stages: QueriedStage[]; next: string | null }> {
  const positions = (await reader.positions(job)).filter(
    ({ stage, attempt }) =>
      (query.stage === undefined || stage === query.stage) &&
      (query.attempt === undefined || attempt === query.attempt),
  )
  const all = await reader.attempts(job, positions)
  const stages: QueriedStage[] = []
  for (const stage of new Set(positions.map((each) => each.stage))) {
    const attempts = all.filter(({ source }) => source.stage === stage)
    const spans = query.attempt === undefined ? winningSpans(attempts) : attempts.flatMap(branchSpans)
    const stored = positions.filter((each) => each.stage === stage)
    const asked =
      query.after === undefined ? spans : await newSpans(reader.platform.metrics, spans, attempts, stored, query.after)
    const inSteps = withinSteps(asked, limits.from, limits.to + 1)
    const inTimes = limits.times ? await withinTimes(inSteps, limits.times.from, limits.times.to) : inSteps
    stages.push({ stage, attempts, spans: inTimes })
  }
  const seen = all.map(({ source, segment, part }) => placeText({ ...source, segment, part }))
  return { stages, next: encodeSeen(seen) }
}

/** What of the spans was stored behind `after`. */
async function newSpans(
  metrics: Table,
  spans: readonly Span[],
  attempts: readonly AttemptSeries[],
  stored: readonly Stored[],
  after: string,
): Promise<Span[]> {
  const parts = new Map<number, Part | 'all'>()
  for (const [i, series] of attempts.entries()) {
    const seen = seenOf(series, after)
    parts.set(series.source.attempt, await newPart(metrics, series, stored[i] as Stored, seen))
  }
  return spans.flatMap((span) => {
    const part = parts.get(span.attempt) as Part | 'all'
    if (part === 'all') return span
    const { steps } = span.part
    const whole = { ...span, part, from: 0, to: part.steps.length }
    return withinSteps([whole], steps[span.from] as number, (steps[span.to - 1] as number) + 1)
  })
}

/** How far an attempt was seen. */
function seenOf({ source }: AttemptSeries, after: string): Place {
  const nothing = { segment: -1, part: -1 }
  const seen = parseSeen(after)
  const own = placeText({ ...source, segment: 0, part: 0 }).slice(0, 8)
  if (seen === undefined) return nothing
  if ('places' in seen) return parsePlace(seen.places.get(own) ?? '') ?? nothing
  if (own < seen.upTo.slice(0, 8)) return { segment: Number.POSITIVE_INFINITY, part: 0 }
  return own === seen.upTo.slice(0, 8) ? (parsePlace(seen.upTo) as Place) : nothing
}

/** The rows of the chunks behind a place, up to where the series ends, with the times that the whole series has. */
async function newPart(metrics: Table, series: AttemptSeries, stored: Stored, seen: Place): Promise<Part | 'all'> {
  if (seen.segment < 0) return 'all'
  const { job, stage, attempt } = series.source
  const tail = createTail()
  let isFirst = true
  if (comparePlaces(seen, series) < 0)
    for await (const { segment, part, chunk } of readChunks(metrics, job, {
      stage,
      attempt,
      fromSegment: seen.segment,
    })) {
      const order = comparePlaces({ segment, part }, seen)
      // The chunk that was seen has expired, and so may others behind it have, which an object holds.
      if (isFirst && order > 0 && seen.segment <= lastRecorded(stored.record)) return 'all'
      isFirst = false
      if (order > 0 && comparePlaces({ segment, part }, series) <= 0) tail.add([chunk])
    }
  if (isFirst && comparePlaces(seen, series) < 0) return 'all'
  const part = tail.part()
  return { ...part, times: () => timesOf(series, part.steps) }
}

async function timesOf({ parts }: AttemptSeries, steps: Float64Array): Promise<Float64Array> {
  const times = new Float64Array(steps.length).fill(Number.NaN)
  for (const part of parts) {
    const own = await part.times()
    steps.forEach((step, i) => {
      const row = lowerBound(part.steps, step)
      if (part.steps[row] === step) times[i] = own[row] as number
    })
  }
  return times
}
