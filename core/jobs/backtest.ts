import {
  type Anomaly,
  type BacktestReport,
  type BacktestRequest,
  type BacktestResult,
  type DiagnosticsConfig,
  rulesVersion,
} from '../../schemas/diagnostics.ts'
import type { Job } from '../../schemas/job.ts'
import { compareSeverity } from '../diagnostics/anomaly-store.ts'
import { scoreHealth } from '../diagnostics/health.ts'
import type { SeriesReader } from '../metrics/series-reader.ts'
import { listSources, type SourceHead } from '../metrics/source-head.ts'
import type { Platform } from '../platform/ports.ts'
import { type JudgedAttempt, judgeAttempt } from './backtest-attempt.ts'
import { createPriceList, jobCost } from './job-cost.ts'
import { isTerminal } from './lifecycle.ts'
import { getJobs } from './named-jobs.ts'
import { pointTime } from './point-time.ts'

type Needs = Pick<Platform, 'table' | 'metrics' | 'compute' | 'clock'>

// The rest counts for the health, and is not listed.
const maxAnomalies = 20

/**
 * What a policy would have done to stored jobs: which it would have stopped, when, and what that saves or kills. Job by job, so that
 * memory holds one attempt at a time. Fault `not_found` naming every job that does not exist.
 */
export async function backtestPolicy(
  platform: Needs,
  reader: SeriesReader,
  { jobs, diagnostics }: BacktestRequest,
): Promise<BacktestReport> {
  const found = await getJobs(platform.table, [...new Set(jobs)])
  const priceOf = createPriceList(platform)
  const results: BacktestResult[] = []
  for (const job of found) {
    const judged = await judgeJob(platform, reader, job, diagnostics)
    results.push(judgement(job, judged, jobCost(job, await priceOf(job), platform.clock.now())))
  }
  return { results, totals: totalsOf(results), rules_version: rulesVersion }
}

/** What became of the job against what the policy would have done. Pure. */
export function judgement(job: Job, judged: readonly JudgedAttempt[], costUsd: number | null): BacktestResult {
  const stopped = judged.find(({ stop, counts }) => stop && counts)
  const seconds = stopped ? secondsBehind(stopped, judged) : 0
  const whole = judged.reduce((sum, each) => sum + secondsBetween(each.first_time, each.last_time), 0)
  const anomalies = judged.flatMap((attempt) => attempt.anomalies)
  return {
    job: job.id,
    status: job.status,
    anomalies: worstOf(anomalies, stopped?.stop?.anomaly),
    health: scoreHealth(newestOf(judged, stopped).flatMap((attempt) => attempt.anomalies)),
    would_stop: stopped ? stopOf(stopped) : null,
    outcome: outcomeOf(job, stopped !== undefined),
    seconds_saved: seconds,
    usd_saved: costUsd === null ? null : whole === 0 ? 0 : (costUsd * seconds) / whole,
  }
}

/** Every attempt that logged something, in stage and attempt order: the order of their time. */
async function judgeJob(
  { metrics }: Needs,
  reader: SeriesReader,
  job: Job,
  diagnostics: DiagnosticsConfig,
): Promise<JudgedAttempt[]> {
  const heads = new Map(
    (await listSources(metrics, job.id)).map((each) => [`${each.stage}.${each.attempt}`, each.head]),
  )
  const judged: JudgedAttempt[] = []
  for (const { index: stage, algorithm, planned_steps, attempts } of job.stages) {
    for (const { number: attempt, resumed_from_step } of attempts) {
      const known: SourceHead = { algorithm, planned_steps, resumed_from_step }
      const head = heads.get(`${stage}.${attempt}`) ?? known
      const one = await judgeAttempt(reader, job.id, { stage, attempt, head }, diagnostics)
      if (one) judged.push(one)
    }
  }
  return judged
}

/** The newest attempt of each stage that the policy lets happen: what an earlier one suffered from is over. */
function newestOf(judged: readonly JudgedAttempt[], stopped: JudgedAttempt | undefined): JudgedAttempt[] {
  const reached = stopped ? judged.slice(0, judged.indexOf(stopped) + 1) : judged
  return [...new Map(reached.map((each) => [each.stage, each])).values()]
}

function stopOf({ stage, attempt, stop }: JudgedAttempt): BacktestResult['would_stop'] {
  if (!stop) return null
  const { rule, message } = stop.anomaly
  return { rule, stage, attempt, step: stop.step, time: pointTime(stop.time), message }
}

/** Training behind the stop: the rest of its attempt, and every attempt after it. */
function secondsBehind(stopped: JudgedAttempt, judged: readonly JudgedAttempt[]): number {
  const later = judged.slice(judged.indexOf(stopped) + 1)
  return later.reduce(
    (sum, each) => sum + secondsBetween(each.first_time, each.last_time),
    secondsBetween(stopped.stop?.time ?? Number.NaN, stopped.last_time),
  )
}

/** 0 where a clock is not known or went back. */
function secondsBetween(from: number, to: number): number {
  return to > from ? (to - from) / 1000 : 0
}

function outcomeOf(job: Job, stopped: boolean): BacktestResult['outcome'] {
  if (!isTerminal(job.status)) return 'open'
  if (job.status === 'succeeded') return stopped ? 'killed' : 'untouched'
  if (stopped) return 'saved'
  return isCutShort(job) ? 'open' : 'missed'
}

/** Diagnostics ended it: where another policy goes on, nobody knows how the job would have ended. */
function isCutShort({ status, stages }: Job): boolean {
  return status === 'failed' && stages.some(({ attempts }) => attempts.at(-1)?.stopped_by !== undefined)
}

/** The worst, with the one that stops, in the order in which they came. */
function worstOf(anomalies: readonly Anomaly[], stops: Anomaly | undefined): Anomaly[] {
  const ranked = anomalies.toSorted((a, b) => compareSeverity(b.severity, a.severity))
  const kept = new Set(ranked.slice(0, maxAnomalies).map(({ id }) => id))
  if (stops) kept.add(stops.id)
  return anomalies.filter(({ id }) => kept.has(id))
}

function totalsOf(results: readonly BacktestResult[]): BacktestReport['totals'] {
  const of = (outcome: BacktestResult['outcome']) => results.filter((result) => result.outcome === outcome)
  const seconds = (some: readonly BacktestResult[]) => some.reduce((sum, { seconds_saved }) => sum + seconds_saved, 0)
  return {
    saved: of('saved').length,
    killed: of('killed').length,
    untouched: of('untouched').length,
    missed: of('missed').length,
    open: of('open').length,
    seconds_saved: seconds(of('saved')),
    seconds_killed: seconds(of('killed')),
  }
}
