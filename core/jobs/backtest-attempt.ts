import { canonicalMetrics } from '../../schemas/canonical-metrics.ts'
import type { Anomaly, DiagnosticsConfig } from '../../schemas/diagnostics.ts'
import { createEngine } from '../diagnostics/engine.ts'
import type { Columns } from '../metrics/columns.ts'
import type { SeriesReader, StageSeries } from '../metrics/series-reader.ts'
import type { SourceHead } from '../metrics/source-head.ts'

/** What one attempt logged, as far as a policy is judged by it. */
export interface JudgedAttempt {
  stage: number
  attempt: number
  /** Each finding as it stood when the last row was seen. */
  anomalies: Anomaly[]
  /** The first finding that stops the attempt, and the row by which it does; undefined: it runs to its end. */
  stop: { anomaly: Anomaly; step: number; time: number } | undefined
  /** The step of `stop` is part of what the job came out of: no later attempt logged it again. */
  counts: boolean
  /** Epoch milliseconds; NaN where no row has a time. */
  first_time: number
  last_time: number
}

// Rows between two looks: only those of the batch that stops are looked at one by one.
const batchRows = 1024
// Values held at once: about 150 MB.
const maxCells = 16_000_000

/** Replays one attempt's rows under a policy. undefined when the attempt logged nothing. */
export async function judgeAttempt(
  reader: SeriesReader,
  job: string,
  subject: { stage: number; attempt: number; head: SourceHead },
  diagnostics: DiagnosticsConfig,
): Promise<JudgedAttempt | undefined> {
  const { stage, attempt } = subject
  const series = await reader.stage(job, stage, attempt)
  if (!series || series.steps.length === 0) return undefined
  const rows = await columnsOf(series)
  const times = rows.times.filter((time) => Number.isFinite(time))
  const replayed = replayRows({ ...subject, head: { ...subject.head, diagnostics } }, rows)
  const winning = replayed.stop && (await reader.stage(job, stage))
  return {
    stage,
    attempt,
    ...replayed,
    counts: winning !== undefined && replayed.stop !== undefined && ownerOf(winning, replayed.stop.step) === attempt,
    first_time: times[0] ?? Number.NaN,
    last_time: times.at(-1) ?? Number.NaN,
  }
}

/** The attempt that the step belongs to in the end. */
function ownerOf({ steps, attemptAt }: StageSeries, step: number): number | undefined {
  const row = steps.indexOf(step)
  return row < 0 ? undefined : attemptAt(row)
}

type Subject = Parameters<typeof createEngine>[0]

/** What the rules find in the rows, and the row by which they would have stopped. Pure. */
export function replayRows(subject: Subject, rows: Columns): Pick<JudgedAttempt, 'anomalies' | 'stop'> {
  const engine = createEngine(subject)
  const found = new Map<string, Anomaly>()
  let stop: JudgedAttempt['stop']
  for (let from = 0; from < rows.steps.length; from += batchRows) {
    const to = Math.min(from + batchRows, rows.steps.length)
    const before = stop ? undefined : engine.state()
    const news = engine.observe(slice(rows, from, to), nothingOdd)
    for (const anomaly of news) found.set(anomaly.id, anomaly)
    if (before && news.some(({ stops }) => stops)) stop = firstStop(subject, before, rows, from, to)
  }
  return { anomalies: [...found.values()], stop }
}

/** Row by row from the state before the batch: a finding that gets worse begins before the row that stops. */
function firstStop(subject: Subject, state: Uint8Array, rows: Columns, from: number, to: number) {
  const engine = createEngine(subject, state)
  for (let row = from; row < to; row++) {
    const anomaly = engine.observe(slice(rows, row, row + 1), nothingOdd).find(({ stops }) => stops)
    if (anomaly) return { anomaly, step: rows.steps[row] as number, time: rows.times[row] as number }
  }
  return undefined
}

/** Every canonical metric, which the rules that stop a job look at, and as many others as memory has room for. */
async function columnsOf(series: StageSeries): Promise<Columns> {
  const { steps, times } = series
  const known = series.names().toSorted((a, b) => Number(b in canonicalMetrics) - Number(a in canonicalMetrics))
  const names = known.filter((name, i) => name in canonicalMetrics || (i + 1) * steps.length <= maxCells)
  const columns = await Promise.all(names.map((name) => series.column(name)))
  return { steps, times, columns: columns.filter((column) => column !== undefined) }
}

function slice({ steps, times, columns }: Columns, from: number, to: number): Columns {
  return {
    steps: steps.subarray(from, to),
    times: times.subarray(from, to),
    columns: columns.map(({ name, values, present }) => ({
      name,
      values: values.subarray(from, to),
      ...(present && { present: present.subarray(from, to) }),
    })),
  }
}

// Junk and backward steps belong to segments, which a stored series has no more.
const nothingOdd = { junk_lines: 0, backward_steps: 0, type_changes: 0, refused_names: { count: 0, examples: [] } }
