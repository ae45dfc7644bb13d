import type { MetricBranch } from '../../schemas/metrics.ts'
import { lastRecorded } from './compact-record.ts'
import { listJunk } from './junk.ts'
import { getCursor, listNames } from './metric-store.ts'
import type { AttemptSeries } from './series-attempt.ts'
import type { Stored } from './series-positions.ts'
import type { SeriesReader } from './series-reader.ts'
import { type Span, winningSpans } from './series-view.ts'

/** What each attempt of a job logged, in stage and attempt order. */
export async function listBranches(reader: SeriesReader, job: string): Promise<MetricBranch[]> {
  const positions = await reader.positions(job)
  const attempts = await reader.attempts(job, positions)
  const stages = Map.groupBy(attempts, ({ source }) => source.stage)
  const spans = new Map([...stages].map(([stage, own]) => [stage, winningSpans(own)]))
  return Promise.all(
    attempts.map((series, i) =>
      branchOf(reader, series, positions[i] as Stored, spans.get(series.source.stage) as Span[]),
    ),
  )
}

async function branchOf(
  { platform: { metrics } }: SeriesReader,
  { source }: AttemptSeries,
  { record }: Stored,
  spans: readonly Span[],
): Promise<MetricBranch> {
  const [cursor, names, junk] = await Promise.all([
    getCursor(metrics, source),
    listNames(metrics, source),
    listJunk(metrics, source),
  ])
  const isRecorded = record !== undefined && lastRecorded(record) >= cursor.next_segment - 1
  const counts = isRecorded ? record.cursor : cursor
  const own = spans.filter(({ attempt }) => attempt === source.attempt)
  const [first, last] = [own[0], own.at(-1)]
  return {
    stage: source.stage,
    attempt: source.attempt,
    rows: counts.rows,
    points: counts.points,
    segments: counts.next_segment,
    first_step: counts.first_step,
    last_step: counts.last_step,
    wins: first && last ? { from: stepAt(first, first.from), to: stepAt(last, last.to - 1) } : null,
    first_time: knownTime(counts.first_time),
    last_time: knownTime(counts.last_time),
    names,
    junk_lines: counts.junk_lines,
    backward_steps: counts.backward_steps,
    type_changes: counts.type_changes,
    refused_names: counts.refused_names.count,
    junk,
    compacted: isRecorded && record.done,
  }
}

const stepAt = ({ part: { steps } }: Span, row: number) => steps[row] as number

const knownTime = (time: number): number | null => (Number.isNaN(time) ? null : time)
