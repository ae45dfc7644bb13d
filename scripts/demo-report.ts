import type { JobView } from '../schemas/job.ts'
import type { MetricSeries } from '../schemas/metrics.ts'
import type { PreflightReport } from '../schemas/preflight.ts'

/** What `npm run demo -- --json FILE` writes; every figure is what the job measured. */
export function demoReport(
  job: JobView,
  preflight: { round1: PreflightReport | null; round2: PreflightReport | null },
  series: MetricSeries[],
  seconds: number,
): object {
  const { comparison, gate, model } = job
  return {
    job: { id: job.id, status: job.status },
    preflight: { round1: roundOf(preflight.round1), round2: roundOf(preflight.round2) },
    stages: job.stages.map((stage) => {
      const own = series.filter((each) => each.stage === stage.index)
      return { algorithm: stage.algorithm, steps: stage.step, first: valuesAt(own, 1), last: valuesAt(own, stage.step) }
    }),
    evaluation: comparison && {
      suite: comparison.suite,
      n: comparison.n,
      base: comparison.base.accuracy,
      candidate: comparison.candidate.accuracy,
      p: comparison.p,
      verdict: comparison.verdict,
    },
    gate: gate && { verdict: gate.verdict },
    model: model && { name: model.name, version: model.version, alias: model.alias ?? null },
    seconds: Math.round(seconds * 10) / 10,
  }
}

function roundOf(report: PreflightReport | null): object | null {
  if (!report) return null
  const count = (status: string) => report.checks.filter((check) => check.status === status).length
  return { pass: report.pass, checks: { pass: count('pass'), warn: count('warn'), fail: count('fail') } }
}

function valuesAt(series: MetricSeries[], step: number): object {
  const at = series.flatMap(({ name, points }) =>
    points.filter(([own]) => own === step).map(([, value]) => [name, value]),
  )
  return Object.fromEntries(at)
}
