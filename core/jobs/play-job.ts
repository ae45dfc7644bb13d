import type { PlaybackEvent, PlaybackQuery } from '../../schemas/live.ts'
import type { Platform } from '../platform/ports.ts'
import { getJob } from './job-store.ts'
import { toLiveMetrics } from './live-metrics.ts'
import { createPlayControl, type PlayControl, type Wish } from './play-control.ts'
import { formatPlace, type PlayPlace, parsePlace } from './play-place.ts'
import { checkRequest, type Playable, type Recorded, rowOf, selectRows } from './play-rows.ts'

export interface PlayOptions {
  /** `id` of the last event that the client saw: it goes on with the next row. */
  after?: string | undefined
  /** The stream ends itself after this time; the client goes on from its last id. */
  budgetMs: number
  signal?: AbortSignal | undefined
  control?: PlayControl | undefined
}

// At most 20 messages of metrics in a second.
const messageMs = 50
const rowsPerMessage = 500
const progressMs = 1_000

/**
 * Recorded rows again: `meta`, then rows as their recorded gaps (5 s at most) divided by the speed have passed, findings behind their
 * rows, `progress` once a second and at the end, `end`. Faults before the first event:
 * `not_found` for a job or a range without points, `invalid` for a query that contradicts itself and an id that no playback of it gave.
 */
export async function* playJob(
  platform: Pick<Platform, 'table' | 'clock'>,
  recorded: Recorded,
  job: string,
  query: PlaybackQuery,
  { after, budgetMs, signal, control = createPlayControl() }: PlayOptions,
): AsyncGenerator<PlaybackEvent> {
  const { clock, table } = platform
  const now = () => clock.now().getTime()
  const ends = now() + budgetMs
  checkRequest(query)
  await getJob(table, job)
  const last = after === undefined ? undefined : parsePlace(job, after, query)
  const rows = await selectRows(table, recorded, job, { ...query, ...(last && pick(last)) })
  const head = createHead(rows, last, query.speed, now)
  const id = () => formatPlace(job, head.place())
  const sleep = sleeper(clock, control, signal)

  yield { event: 'meta', id: id(), data: metaOf(job, rows, query.speed) }
  let toldAt = now()
  for (;;) {
    if (signal?.aborted || now() >= ends) return
    const wish = control.take()
    if (wish) head.obey(wish)
    if (wish || head.isOver() || now() - toldAt >= progressMs) {
      toldAt = now()
      yield { event: 'progress', id: id(), data: head.progress() }
    }
    if (wish?.stop || head.isOver()) {
      yield { event: 'end', id: id(), data: { rows: head.progress().rows } }
      return
    }
    const due = head.takeDue()
    if (due) {
      const data = toLiveMetrics({ stage: rows.stage, attempt: rows.attemptAt(due.from) }, rows, due.from, due.to)
      yield { event: 'metrics', id: id(), data }
    }
    for (let finding = head.takeFinding(); finding; finding = head.takeFinding())
      yield { event: 'anomaly', id: id(), data: finding }
    if (head.isOver()) continue
    const untilProgress = toldAt + progressMs - now()
    await sleep(Math.max(due ? messageMs : 1, Math.min(head.untilDue(), untilProgress, ends - now())))
  }
}

const pick = ({ stage, attempt }: PlayPlace) => ({ stage, ...(attempt !== undefined && { attempt }) })

/** Sleeps until `ms` have passed, a command comes or the viewer goes. */
function sleeper(clock: Platform['clock'], control: PlayControl, signal: AbortSignal | undefined) {
  let waking: AbortController | undefined
  const wake = () => waking?.abort()
  control.listen(wake)
  signal?.addEventListener('abort', wake, { once: true })
  return async (ms: number) => {
    waking = new AbortController()
    if (!signal?.aborted) await clock.sleep(ms, waking.signal).catch(() => {})
    waking = undefined
  }
}

function metaOf(job: string, rows: Playable, speed: number) {
  const { stage, attempt, steps, from, to, columns } = rows
  return {
    job,
    stage,
    attempt: attempt ?? null,
    start_step: steps[from] as number,
    end_step: steps[to - 1] as number,
    total_rows: to - from,
    names: columns.map(({ name }) => name),
    recorded_seconds: rows.recordedSeconds,
    speed,
  }
}

/** Where a playback is: `row` is sent next, and `seconds` of the recording had passed at the moment `at`. */
function createHead(rows: Playable, last: PlayPlace | undefined, firstSpeed: number, now: () => number) {
  const { from, to, steps, offsets, findings } = rows
  const clamp = (row: number) => Math.min(Math.max(row, from), to)
  const offsetOf = (row: number) => offsets[Math.min(row, to - 1) - from] as number
  let row = last?.step === undefined ? from : clamp(rowOf(steps, last.step + 1))
  // Findings are told behind their row: of those of the row before, so many are.
  let told = last?.step === steps[row - 1] ? (last?.findings ?? 0) : 0
  let speed = firstSpeed
  let paused = false
  let seconds = offsetOf(row)
  let at = now()

  const played = () => (paused ? seconds : seconds + ((now() - at) / 1000) * speed)
  const open = () => (row > from ? (findings.get(row - 1) ?? []).slice(told) : [])

  function setTo(moment: number): void {
    seconds = moment
    at = now()
  }

  return {
    isOver: () => row >= to && open().length === 0,
    place: (): PlayPlace => ({
      stage: rows.stage,
      attempt: rows.attempt,
      step: row > from ? (steps[row - 1] as number) : undefined,
      findings: told,
    }),
    obey(wish: Wish): void {
      setTo(played())
      speed = wish.speed ?? speed
      paused = wish.paused ?? paused
      if (wish.step === undefined) return
      row = clamp(rowOf(steps, wish.step))
      told = row > from ? (findings.get(row - 1) ?? []).length : 0
      setTo(offsetOf(row))
    },
    /** Rows of one attempt whose time has come, up to the first at which something was found. */
    takeDue(): { from: number; to: number } | undefined {
      const begin = row
      if (paused || open().length > 0) return undefined
      // A millisecond is the finest that a clock tells.
      const limit = played() + speed / 1000
      while (
        row < to &&
        row - begin < rowsPerMessage &&
        offsetOf(row) <= limit &&
        rows.attemptAt(row) === rows.attemptAt(begin) &&
        (row === begin || !findings.has(row - 1))
      )
        row += 1
      if (row === begin) return undefined
      told = 0
      return { from: begin, to: row }
    },
    takeFinding() {
      const [finding] = open()
      if (finding) told += 1
      return finding
    },
    /** Milliseconds until the next row. */
    untilDue: () => (paused ? Number.POSITIVE_INFINITY : ((offsetOf(row) - played()) / speed) * 1000),
    progress() {
      const total = to - from
      return {
        step: steps[row > from ? row - 1 : from] as number,
        rows: row - from,
        total_rows: total,
        percent: ((row - from) / total) * 100,
        remaining_seconds: row >= to ? 0 : Math.max(0, (offsetOf(to - 1) - played()) / speed),
        paused,
      }
    },
  }
}
