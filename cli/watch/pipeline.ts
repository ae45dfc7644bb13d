import type { JobEvent, StageProgress } from '../../schemas/job.ts'
import { percent, plural } from '../text/values.ts'
import { eventsOfRun, isOver, type WatchView } from './view.ts'

export type Mark = 'pending' | 'running' | 'done' | 'refused' | 'failed' | 'cancelled' | 'skipped'

/** One line of the pipeline. */
export interface Step {
  name: string
  mark: Mark
  detail: string
  /** undefined: not measured. */
  elapsedMs?: number | undefined
  /** Of training steps. */
  stage?: StageProgress
}

/** The pipeline of a job: preflight, its training stages (an evaluation has none), evaluate, gate, register. Pure. */
export function pipeline(view: WatchView, now: Date): Step[] {
  const { job } = view
  const reached = reachedStep(view)
  const last = job.stages.length + 3
  const markOf = (index: number): Mark => {
    if (job.status === 'succeeded' || index < reached) return 'done'
    if (index === reached) return ongoing(view)
    return isOver(job) ? 'skipped' : 'pending'
  }
  const between = (from: string, to: string) => elapsedBetween(view, from, to, now)

  const only = job.kind === 'preflight'
  const preflight: Step = {
    name: 'preflight',
    mark: markOf(0),
    detail: preflightDetail(view, markOf(0)),
    elapsedMs: between('preflight_started', only ? 'preflight_passed' : 'ticket_issued'),
  }
  if (only) return [preflight]
  return [
    preflight,
    ...job.stages.map((stage, i): Step => {
      const mark = stage.status === 'succeeded' ? 'done' : markOf(1 + i)
      return {
        name: stageName(stage),
        mark,
        detail: stageDetail(view, stage, mark),
        elapsedMs: trainedMs(view, stage, now),
        stage,
      }
    }),
    {
      name: 'evaluate',
      mark: markOf(last - 2),
      detail: evaluateDetail(view, markOf(last - 2)),
      elapsedMs: between('evaluation_planned', 'evaluations_compared'),
    },
    { name: 'gate', mark: markOf(last - 1), detail: gateDetail(view) },
    ...(job.evaluates ? [] : [{ name: 'register', mark: markOf(last), detail: registerDetail(view, markOf(last)) }]),
  ]
}

export function stageName(stage: Pick<StageProgress, 'index' | 'algorithm'>): string {
  return `${stage.index} ${stage.algorithm}`
}

/** The step that the job is at, or was at when it ended. */
function reachedStep(view: WatchView): number {
  const { job } = view
  const evaluate = job.stages.length + 1
  if (job.status === 'submitted' || job.status === 'validating' || job.reason?.code === 'preflight_failed') return 0
  if (isOver(job) && !passedPreflight(view)) return 0
  const open = job.stages.findIndex((stage) => stage.status !== 'succeeded')
  if (open >= 0) return 1 + open
  if (!job.gate) return job.status === 'gating' ? evaluate + 1 : evaluate
  return job.gate.verdict === 'pass' ? evaluate + 2 : evaluate + 1
}

function passedPreflight(view: WatchView): boolean {
  const events = eventsOfRun(view)
  if (events.length > 0) return events.some((event) => event.type === 'ticket_issued')
  return view.job.stages.some((stage) => stage.attempts.length > 0)
}

function ongoing({ job }: WatchView): Mark {
  if (job.status === 'failed' || job.status === 'refused' || job.status === 'cancelled') return job.status
  return job.status === 'submitted' || job.status === 'queued' ? 'pending' : 'running'
}

function preflightDetail({ job }: WatchView, mark: Mark): string {
  if (mark === 'done') return 'passed'
  if (mark === 'running') return 'checking data and configuration'
  if (mark === 'refused') return `${plural(job.reason?.evidence.length ?? 0, 'check')} failed`
  return mark === 'pending' ? 'waiting for the state machine' : ''
}

function stageDetail({ job }: WatchView, stage: StageProgress, mark: Mark): string {
  const attempt = stage.attempts.at(-1)
  if (mark === 'pending' && job.status === 'queued') return 'waiting for a place to run'
  if (mark === 'pending' && attempt) return `will go on after attempt ${attempt.number}`
  if (mark === 'running' && attempt && attempt.status !== 'prepared')
    return `next attempt comes up: ${attempt.reason ?? attempt.status}`
  if (mark === 'running' && !attempt) return 'getting ready'
  if (mark === 'running' && job.reason?.code === 'waiting_capacity' && job.reason.stage === stage.index)
    return `waiting for a host (${attempt?.capacity === 'on_demand' ? 'on demand' : 'spot'}): ${attempt?.compute?.waits_for ?? 'none is assigned yet'}`
  return ''
}

function evaluateDetail(view: WatchView, mark: Mark): string {
  const { comparison } = view.job
  if (comparison && mark === 'done')
    return `base ${percent(comparison.base.accuracy)}, tuned ${percent(comparison.candidate.accuracy)}`
  return mark === 'running' ? (eventOf(view, 'evaluation_planned')?.message ?? 'base and tuned model') : ''
}

function gateDetail({ job }: WatchView): string {
  if (!job.gate) return ''
  const met = job.gate.rules.filter((rule) => rule.verdict === 'pass').length
  return `${job.gate.verdict}: ${met} of ${plural(job.gate.rules.length, 'rule')} met`
}

function registerDetail({ job }: WatchView, mark: Mark): string {
  if (!job.model) return mark === 'running' ? 'registering the tuned model' : ''
  const { name, version, alias } = job.model
  return `${name}@${version}${alias ? `, alias ${alias}` : ''}`
}

function eventOf(view: WatchView, type: string): JobEvent | undefined {
  return eventsOfRun(view).findLast((event) => event.type === type)
}

function elapsedBetween(view: WatchView, from: string, to: string, now: Date): number | undefined {
  const start = eventOf(view, from)?.time
  if (start === undefined) return undefined
  return endOf(view, eventOf(view, to)?.time, now) - Date.parse(start)
}

/** Time in attempts: what lies between a failure and its resume does not count. */
function trainedMs(view: WatchView, stage: StageProgress, now: Date): number | undefined {
  if (stage.attempts.length === 0) return undefined
  return stage.attempts.reduce(
    (sum, attempt) => sum + endOf(view, attempt.ended_at, now) - Date.parse(attempt.started_at),
    0,
  )
}

function endOf({ job }: WatchView, ended: string | undefined, now: Date): number {
  const end = ended ?? job.finished_at
  return end === undefined ? now.getTime() : Date.parse(end)
}
