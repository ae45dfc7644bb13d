import type { JobView } from '../../../schemas/job.ts'
import type { MetricBranch } from '../../../schemas/metrics.ts'
import { jobId, stubAnomalies, stubEvents, stubJob, stubLog, stubRecipe, stubSummary } from './stub-job.ts'
import { type Curve, stubBranch, stubNames, stubSeries } from './stub-metrics.ts'
import type { startStubServer } from './stub-server.ts'

type Answers = Parameters<typeof startStubServer>[0]

export const runningCurve: Curve = {
  stage: 1,
  steps: 1240,
  names: stubNames,
  nan: { name: 'kl_ref', step: 1000 },
}

/** Every answer that the pages of one job ask for. A live stream is not among them: a test gives its own, or the page polls. */
export function jobAnswers(job: JobView = stubJob(), curve: Curve = runningCurve, more: Answers = {}): Answers {
  const base = `/v1/jobs/${job.id}`
  const branches: MetricBranch[] = [
    stubBranch({ ...curve, steps: 640 }, 1, {
      wins: { from: 1, to: 600 },
      junk_lines: 1,
      junk: [{ segment: 2, line: 7, reason: 'it is no JSON', text: 'Traceback (most recent call last):' }],
    }),
    stubBranch(curve, 2, { first_step: 601, wins: { from: 601, to: curve.steps } }),
  ]
  return {
    'GET /api/v1/monitoring/dashboard': () => ({ body: dashboardOf([stubSummary(job.id)]) }),
    [`GET ${base}`]: () => ({ body: job }),
    [`GET ${base}/anomalies`]: () => ({ body: { anomalies: stubAnomalies } }),
    [`GET ${base}/metrics`]: ({ url }) => ({ body: { series: stubSeries(curve, url.searchParams), next: 'next-1' } }),
    [`GET ${base}/metrics/branches`]: () => ({ body: { branches } }),
    [`GET ${base}/logs`]: () => ({ body: { stage: 1, attempt: 2, lines: stubLog } }),
    [`GET ${base}/events`]: () => ({ body: { items: stubEvents, next: null } }),
    [`GET ${base}/preflight`]: () => ({ body: { round1: null, round2: null } }),
    'GET /v1/recipes/arith-grpo': () => ({ body: stubRecipe() }),
    'POST /v1/recipes/validate': ({ body }) => ({ body: { valid: true, spec: body } }),
    ...more,
  }
}

export function dashboardOf(items: object[], next: string | null = null) {
  return { counts: {}, items, next }
}

/** A list of jobs in every state. */
export function stubJobs() {
  return [
    stubSummary(jobId(1)),
    stubSummary(jobId(2), {
      status: 'succeeded',
      health: null,
      progress: { stage: 1, stages: 2, algorithm: 'grpo', step: 2000, planned_steps: 2000, share: 1 },
      cost_usd: 12.75,
    }),
    stubSummary(jobId(3), {
      status: 'failed',
      recipe: { name: 'sums-sft', version: 1 },
      progress: { stage: 0, stages: 1, algorithm: 'sft', step: 31, planned_steps: 400, share: 0.08 },
      message: 'stage 1: non_finite: total_loss is NaN at step 31',
      cost_usd: 0.0042,
    }),
    stubSummary(jobId(4), {
      status: 'refused',
      kind: 'preflight',
      progress: null,
      health: null,
      cost_usd: null,
      message: 'preflight: truncation: 31 of 100 answers are cut off',
    }),
    stubSummary(jobId(5), { status: 'queued', health: null, cost_usd: null }),
  ]
}
