import type { Check, PreflightReport } from '../../schemas/preflight.ts'
import type { Paint } from '../text/paint.ts'
import { metric, plural, shortDigests, time } from '../text/values.ts'
import { wrap } from '../text/width.ts'

const signs = {
  pass: { sign: '✓', tone: 'good' },
  warn: { sign: '!', tone: 'warn' },
  fail: { sign: '✗', tone: 'bad' },
} as const

/** Both rounds, check by check; what did not pass with its message, evidence and remedy. */
export function preflightLines(
  reports: Record<'round1' | 'round2', PreflightReport | null>,
  columns: number,
  paint: Paint,
): string[] {
  const lines = [
    ...roundLines('round 1, the data', reports.round1, columns, paint),
    '',
    ...roundLines('round 2, configuration and environment', reports.round2, columns, paint),
  ]
  return lines.map(shortDigests)
}

function roundLines(title: string, report: PreflightReport | null, columns: number, paint: Paint): string[] {
  if (!report) return [paint('dim', `${title}: has not run`)]
  const failed = report.checks.filter((check) => check.status === 'fail').length
  const verdict = report.pass ? paint('good', 'pass') : paint('bad', `${plural(failed, 'check')} failed`)
  return [
    `${paint('strong', title)}: ${verdict}  ${paint('dim', time(report.ts))}`,
    ...report.checks.flatMap((check) => checkLines(check, columns, paint)),
  ]
}

function checkLines(check: Check, columns: number, paint: Paint): string[] {
  const { sign, tone } = signs[check.status]
  const value =
    check.value === null ? 'not measured' : typeof check.value === 'number' ? metric(check.value) : String(check.value)
  const head = `  ${paint(tone, sign)} ${check.name}  ${paint('dim', check.subject)}  ${value} ${paint('dim', `(limit ${check.threshold})`)}`
  if (check.status === 'pass') return [head]
  return [
    head,
    ...wrap(check.message, columns, 6),
    ...check.evidence.flatMap((each) => wrap(each, columns, 8).map((line) => paint('dim', line))),
    ...(check.remedy ? wrap(`→ ${check.remedy}`, columns, 6) : []),
  ]
}
