import { compareSeverity } from '../../core/diagnostics/anomaly-store.ts'
import { createEngine, type Engine } from '../../core/diagnostics/engine.ts'
import { nothingOdd, replay } from '../../core/diagnostics/replay.ts'
import type { Anomaly, RuleName } from '../../schemas/diagnostics.ts'
import { ruleNames } from '../../schemas/diagnostics.ts'
import { diseasedKinds, healthyKinds, labelledRun } from './labelled-runs.ts'
import { type LabelledRun, sliceColumns } from './run.ts'

// Defaults were tuned on seeds from 10,000 on: none of these.
const firstSeed = 0
const seeds = 200

type Judged = { run: LabelledRun; found: Anomaly[] }

/** What the rules find in the labelled runs, as Markdown. Deterministic. */
export function diagnosticsReport(perKind = seeds): string {
  const judged = [...healthyKinds, ...diseasedKinds].flatMap((kind) =>
    Array.from({ length: perKind }, (_, i): Judged => {
      const run = labelledRun(kind, firstSeed + i)
      return { run, found: replay({ stage: 0, attempt: 1, head: run.head }, [run.rows]) }
    }),
  )
  return [byRule(judged), byDisease(judged), byHealthy(judged)].join('\n\n')
}

const isLoud = ({ severity }: Anomaly) => compareSeverity(severity, 'low') > 0

/** Right: in a diseased run, told from the onset on, by a rule that speaks of that illness. */
function isRight({ disease }: LabelledRun, { rule, last_step }: Anomaly): boolean {
  return disease !== undefined && last_step >= disease.onset && (rule === disease.rule || disease.also.includes(rule))
}

function byRule(judged: readonly Judged[]): string {
  const lines = ruleNames.flatMap((rule) => {
    const sick = judged.filter(({ run }) => run.disease?.rule === rule)
    const loud = judged.flatMap(({ run, found }) =>
      found.filter((a) => a.rule === rule && isLoud(a)).map((a) => isRight(run, a)),
    )
    if (sick.length === 0) return []
    const caught = sick.filter((each) => catchOf(each, rule))
    const right = loud.filter((each) => each).length
    return [[`\`${rule}\``, loud.length, share(right, loud.length), share(caught.length, sick.length)]]
  })
  return table(['rule', 'findings above low', 'precision', 'recall'], lines)
}

const catchOf = ({ run, found }: Judged, rule: RuleName) =>
  found.find((a) => a.rule === rule && isLoud(a) && isRight(run, a))

function byDisease(judged: readonly Judged[]): string {
  const lines = diseasedKinds.map((kind) => {
    const sick = judged.filter(({ run }) => run.kind === kind)
    const rule = sick[0]!.run.disease!.rule
    const delays = sick.filter((each) => catchOf(each, rule)).map(({ run }) => rowsUntil(run, rule))
    const stopped = sick.filter(({ found }) => found.some(({ stops }) => stops))
    const kinds = (['critical', 'high', 'medium'] as const).map(
      (severity) => sick.filter((each) => catchOf(each, rule)?.severity === severity).length,
    )
    const [half, most] = [quantile(delays, 0.5), quantile(delays, 0.9)]
    return [
      kind,
      `\`${rule}\``,
      share(delays.length, sick.length),
      half,
      most,
      kinds.join(' / '),
      share(stopped.length, sick.length),
    ]
  })
  return table(
    ['illness', 'rule', 'caught', 'rows until told, median', '90 %', 'critical / high / medium', 'runs stopped'],
    lines,
  )
}

function byHealthy(judged: readonly Judged[]): string {
  const lines = healthyKinds.map((kind) => {
    const runs = judged.filter(({ run }) => run.kind === kind)
    const count = (severity: Anomaly['severity']) =>
      runs.filter(({ found }) => found.some((a) => a.severity === severity)).length
    return [kind, runs.length, count('critical'), count('high'), count('medium'), count('low')]
  })
  return table(['healthy runs', 'n', 'with a critical', 'high', 'medium', 'low finding'], lines)
}

const chunk = 64

/** Logged rows from the onset to the row by which it is first told above low: by chunks, then row by row from the state before. */
function rowsUntil({ rows, disease, head }: LabelledRun, rule: RuleName): number {
  const subject = { stage: 0, attempt: 1, head }
  const tells = (engine: Engine, from: number, to: number) =>
    engine
      .observe(sliceColumns(rows, from, to), nothingOdd)
      .some((a) => a.rule === rule && isLoud(a) && a.last_step >= disease!.onset)
  const onset = rows.steps.findIndex((step) => step >= disease!.onset)
  const whole = createEngine(subject)
  for (let from = 0; from < rows.steps.length; from += chunk) {
    const before = whole.state()
    if (!tells(whole, from, Math.min(from + chunk, rows.steps.length))) continue
    const engine = createEngine(subject, before)
    for (let row = from; ; row++) if (tells(engine, row, row + 1)) return Math.max(1, row + 1 - onset)
  }
  throw new Error(`${rule} says nothing`)
}

function quantile(values: readonly number[], at: number): number | string {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] ?? '-'
}

const share = (part: number, whole: number) => (whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`)

function table(head: readonly string[], lines: readonly (readonly (string | number)[])[]): string {
  const row = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  return [row(head), row(head.map(() => '---')), ...lines.map(row)].join('\n')
}
