import type { Anomaly } from '../../schemas/diagnostics.ts'
import type { PlaybackQuery } from '../../schemas/live.ts'
import { listAnomalies } from '../diagnostics/anomaly-store.ts'
import type { Column } from '../metrics/columns.ts'
import { canonicalOf } from '../metrics/names.ts'
import type { SeriesReader, StageSeries } from '../metrics/series-reader.ts'
import { type Breach, Fault, invalid } from '../platform/fault.ts'
import type { Table } from '../platform/ports.ts'
import { offsetsOf, recordedSeconds } from './play-pace.ts'

/** Where recorded rows are read. */
export type Recorded = Pick<SeriesReader, 'stages' | 'stage'>

// 72 MB: a Lambda function of 256 MB plays them.
const maxValues = 8_000_000

export type PlayRequest = Pick<PlaybackQuery, 'stage' | 'attempt' | 'start_step' | 'end_step' | 'names'>

/** The rows of a playback: `from` to `to` (exclusive) of `steps`. */
export interface Playable {
  stage: number
  attempt: number | undefined
  steps: Float64Array
  times: Float64Array
  attemptAt(row: number): number
  columns: Column[]
  from: number
  to: number
  /** Seconds behind the first row at speed 1, by row from `from` on. */
  offsets: Float64Array
  recordedSeconds: number
  /** What was found at each row. */
  findings: Map<number, Anomaly[]>
}

/** Fault `invalid` names everything that contradicts itself. */
export function checkRequest({ stage, attempt, start_step, end_step }: PlayRequest): void {
  const errors: Breach[] = []
  if (attempt !== undefined && stage === undefined)
    errors.push({
      pointer: '/query/attempt',
      code: 'needs_stage',
      message: `attempt ${attempt} is given without a stage`,
      remedy: 'Add stage: attempts are numbered in each stage.',
    })
  if (start_step !== undefined && end_step !== undefined && start_step > end_step)
    errors.push({
      pointer: '/query/start_step',
      code: 'empty_range',
      message: `start_step ${start_step} is greater than end_step ${end_step}`,
      remedy: 'Swap them, or leave one out.',
    })
  if (errors.length > 0) throw invalid('playback', errors)
}

/** Fault `not_found` when there are no such points, `too_large` when they are too many to hold, `invalid` for a metric that the stage does not have. */
export async function selectRows(
  table: Table,
  recorded: Recorded,
  job: string,
  request: PlayRequest,
): Promise<Playable> {
  const stage = request.stage ?? (await recorded.stages(job)).at(-1)
  const series = stage === undefined ? undefined : await recorded.stage(job, stage, request.attempt)
  if (stage === undefined || !series || series.steps.length === 0) throw noPoints(job, stage, request.attempt)
  const { steps, times } = series
  const from = request.start_step === undefined ? 0 : rowOf(steps, request.start_step)
  const to = request.end_step === undefined ? steps.length : rowOf(steps, request.end_step + 1)
  if (from >= to) throw noRows(job, request, steps)
  const columns = await columnsOf(series, job, stage, request.names)
  const attemptAt = (row: number) => request.attempt ?? series.attemptAt(row)
  const timed = { times, stepTime: times.some(Number.isNaN) ? await series.column('step_time') : undefined }
  const playable = {
    stage,
    attempt: request.attempt,
    steps,
    times,
    attemptAt,
    columns,
    from,
    to,
    offsets: offsetsOf(timed, from, to),
    recordedSeconds: recordedSeconds(timed, from, to),
  }
  const anomalies = (await listAnomalies(table, job)).filter((each) => each.stage === stage)
  return { ...playable, findings: byRow(playable, anomalies) }
}

/** The first row with this step or a later one. */
export function rowOf(steps: Float64Array, step: number): number {
  let [low, high] = [0, steps.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((steps[middle] as number) < step) low = middle + 1
    else high = middle
  }
  return low
}

/** A finding belongs to the first row from its step on, where that is of its attempt. */
function byRow(playable: Omit<Playable, 'findings'>, anomalies: readonly Anomaly[]): Map<number, Anomaly[]> {
  const { steps, from, to, attemptAt } = playable
  const findings = new Map<number, Anomaly[]>()
  for (const anomaly of anomalies) {
    const row = Math.min(rowOf(steps, anomaly.step), steps.length - 1)
    if (row < from || row >= to || attemptAt(row) !== anomaly.attempt) continue
    findings.set(row, [...(findings.get(row) ?? []), anomaly])
  }
  return findings
}

async function columnsOf(
  series: StageSeries,
  job: string,
  stage: number,
  wanted: string | undefined,
): Promise<Column[]> {
  const known = series.names()
  const asked = wanted
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const unknown = asked?.filter((name) => !known.includes(nameIn(known, name))) ?? []
  if (unknown.length > 0)
    throw invalid(
      'playback',
      unknown.slice(0, 100).map((name) => ({
        pointer: '/query/names',
        code: 'unknown_metric',
        message: `stage ${stage} of job ${job} has no metric "${name}"`,
        remedy: `Ask for some of: ${known.slice(0, 30).join(', ')}${known.length > 30 ? ' ...' : ''}`,
      })),
    )
  const names = asked ? [...new Set(asked.map((name) => nameIn(known, name)))] : known
  const values = names.length * series.steps.length
  if (!(values <= maxValues))
    throw new Fault(
      'too_large',
      `${names.length} metrics of ${series.steps.length} rows are ${values} values, and a playback holds ${maxValues}; ask for fewer with names=`,
    )
  const columns = await Promise.all(names.map((name) => series.column(name)))
  return columns.filter((column) => column !== undefined)
}

/** Asked for as it is stored, by an alias, or as a framework calls it. */
const nameIn = (known: readonly string[], name: string): string =>
  known.includes(name) ? name : (canonicalOf(name)?.name ?? name)

function noPoints(job: string, stage: number | undefined, attempt: number | undefined): Fault {
  const what = [...(stage === undefined ? [] : [`stage ${stage}`]), ...(attempt ? [`attempt ${attempt}`] : [])]
  const where = what.length > 0 ? `${what.join(', ')} of job ${job}` : `job ${job}`
  return new Fault(
    'not_found',
    `${where} has no points to play; see what was logged: GET /v1/jobs/${job}/metrics/branches`,
  )
}

function noRows(job: string, { start_step, end_step }: PlayRequest, steps: Float64Array): Fault {
  const range = `${start_step ?? 'the first'} to ${end_step ?? 'the last'}`
  return new Fault('not_found', `job ${job} has no steps from ${range}; it has ${steps[0]} to ${steps.at(-1)}`)
}
