import type { Anomaly } from '../../schemas/diagnostics.ts'
import type { JobEvent, JobView } from '../../schemas/job.ts'
import { readAnswer } from '../answer.ts'
import type { Context, ExitCode } from '../context.ts'
import { ProblemError } from '../problem-error.ts'
import { createLive } from './live.ts'
import { createNarrator } from './narrate.ts'
import { createPaceMeter } from './pace.ts'
import { render } from './render.ts'
import { summary } from './summary.ts'
import { isOver, type WatchView } from './view.ts'

const pollMs = 500
const framesPerPoll = 4
const outageMs = 60_000
const lateEventMs = 3_000

/** Shows a job until it is over, Ctrl-C, or a minute without an answer. 0 succeeded, 2 refused, else 1. */
export async function watchJob(context: Context, id: string): Promise<ExitCode> {
  const stop = new AbortController()
  const unsubscribe = context.io.onInterrupt(() => stop.abort())
  const viewer = context.json ? jsonViewer(context) : context.io.isTTY ? terminalViewer(context) : lineViewer(context)
  let view: WatchedView | undefined
  try {
    for await (view of views(context, id, stop.signal)) await viewer.show(view, stop.signal)
    viewer.end(view)
    return view ? exitCodeOf(view.job) : 1
  } catch (error) {
    viewer.end(view)
    if (!stop.signal.aborted) throw error
    context.note(goodbye(id, view?.job.status))
    return 1
  } finally {
    unsubscribe()
  }
}

export function exitCodeOf(job: Pick<JobView, 'status'>): ExitCode {
  if (job.status === 'succeeded') return 0
  return job.status === 'refused' ? 2 : 1
}

/** With the job as the API wrote it. */
type WatchedView = WatchView & { text: string }

interface Viewer {
  /** Resolves when it is time to look again. */
  show(view: WatchedView, signal: AbortSignal): Promise<void>
  end(view: WatchView | undefined): void
}

function terminalViewer({ io, paint }: Context): Viewer {
  const live = createLive(io)
  return {
    async show(view, signal) {
      for (let frame = 0; frame < framesPerPoll; frame++) {
        live.show(render(view, io.clock.now(), io.columns, paint))
        if (isOver(view.job)) return
        await io.clock.sleep(pollMs / framesPerPoll, signal)
      }
    },
    end: (view) => live.end(view && render(view, io.clock.now(), io.columns, paint)),
  }
}

function lineViewer({ io, paint, print }: Context): Viewer {
  const narrator = createNarrator()
  return {
    async show(view, signal) {
      print(narrator.tell(view, io.clock.now()))
      if (!isOver(view.job)) await io.clock.sleep(pollMs, signal)
    },
    end: (view) => print(view && isOver(view.job) ? ['', ...summary(view, Number.POSITIVE_INFINITY, paint)] : []),
  }
}

function jsonViewer({ io }: Context): Viewer {
  let printed = ''
  return {
    async show({ job, text }, signal) {
      if (text !== printed) io.stdout(`${text}\n`)
      printed = text
      if (!isOver(job)) await io.clock.sleep(pollMs, signal)
    },
    end() {},
  }
}

/** Looks again each time the consumer is ready, and ends with the job. An outage is a notice, for a minute. */
async function* views(context: Context, id: string, signal: AbortSignal): AsyncGenerator<WatchedView> {
  const { client, io, json } = context
  const meter = createPaceMeter()
  let events: JobEvent[] = []
  let anomalies: Anomaly[] = []
  let known: WatchedView | undefined
  let answeredAt = io.clock.now().getTime()
  let overSince: number | undefined
  for (;;) {
    try {
      const text = await client.send('getJob', { params: { job: id } }, signal)
      const job = readAnswer('getJob', text)
      // A job's newest event carries the time of the job's newest change, and may be recorded a little later.
      const lags = () => !events.some((event) => event.time === job.updated_at)
      if (!json && lags()) events = await allEvents(context, id, signal)
      if (!json && lacks(anomalies, job))
        anomalies = (await client.call('listAnomalies', { params: { job: id } }, signal)).anomalies
      answeredAt = io.clock.now().getTime()
      known = { job, text, events, anomalies, paces: meter.record(job, io.clock.now()) }
      if (isOver(job)) {
        overSince ??= answeredAt
        if (json || !lags() || answeredAt - overSince >= lateEventMs) return yield known
        await io.clock.sleep(pollMs / 2, signal)
        continue
      }
    } catch (error) {
      if (!isOutage(error) || known === undefined || io.clock.now().getTime() - answeredAt >= outageMs) throw error
      known = { ...known, notice: `no answer, trying again: ${error.message}` }
    }
    yield known
  }
}

/** Whether the record names a finding that is not known so. It is named there before it is kept. */
function lacks(anomalies: readonly Anomaly[], { findings = [] }: JobView): boolean {
  return findings.some((entry) => !anomalies.some(({ id, severity }) => `${id}:${severity}` === entry))
}

function isOutage(error: unknown): error is ProblemError {
  return (
    error instanceof ProblemError && (error.is('unreachable') || error.is('no_server') || error.problem.status === 503)
  )
}

async function allEvents(context: Context, id: string, signal: AbortSignal): Promise<JobEvent[]> {
  const events: JobEvent[] = []
  let after: string | undefined
  do {
    const page = await context.client.call(
      'listJobEvents',
      { params: { job: id }, query: { limit: 1000, after } },
      signal,
    )
    events.push(...page.items)
    after = page.next ?? undefined
  } while (after !== undefined)
  return events
}

function goodbye(id: string, status: string | undefined): string {
  const state = status === undefined ? '' : ` (${status})`
  return `Stopped watching. Job ${id} goes on${state}: watch it again with sluice jobs watch ${id}, end it with sluice jobs cancel ${id}`
}
