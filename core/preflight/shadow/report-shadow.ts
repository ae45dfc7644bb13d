import type { ShadowReport, ShadowRun } from '../../../schemas/shadow-run.ts'
import { directionHolds, shadowGate } from './gate.ts'
import { improvementInterval } from './improvement.ts'
import type { ScoredRow } from './score-items.ts'
import { columnsOf, type ShadowItem, shadowStatistics } from './statistics.ts'
import { tiesRatio } from './top-overlap.ts'

/** Population variance of the repeats of one item, above which its score is a matter of luck. */
const maxVariance = 0.08

type Measured = Omit<ShadowReport, 'definition' | 'tag' | 'ts' | 'set' | 'calls' | 'errors'>

/** What the scores say. An item counts when both scorers scored it `repeats` times; an unstable one is left out of every gated value. */
export function reportShadow(run: ShadowRun, rows: readonly ScoredRow[], seed: number): Measured {
  const scored = rows.filter((row) => row.old.length === run.repeats && row.new.length === run.repeats)
  const items = scored.map((row) => ({ ...row, unstable: isUnstable(row) }))
  const stable = items.filter((item) => !item.unstable).map(itemOf)
  const measured = shadowStatistics(stable)
  const { old, now, success } = columnsOf(stable)
  const tasks = Object.groupBy(stable, ({ task }) => task)
  return {
    profile: run.profile,
    repeats: run.repeats,
    scorers: { old: `${run.old.provider}/${run.old.model}`, new: `${run.new.provider}/${run.new.model}` },
    scored: scored.length,
    unstable: items.length - stable.length,
    unstable_rate: items.length > 0 ? (items.length - stable.length) / items.length : null,
    avg_variance: meanOrNull(items.flatMap((item) => [variance(item.old), variance(item.new)])),
    ...measured,
    corr_improve_pct_ci: improvementInterval(old, now, success, seed),
    ties_ratio: { old: tiesRatio(old), new: tiesRatio(now) },
    direction_check: directionHolds(measured),
    all_items: shadowStatistics(items.map(itemOf)),
    tasks: Object.fromEntries(Object.entries(tasks).map(([task, own = []]) => [task, shadowStatistics(own)])),
    gate: shadowGate(run, measured, { rows: rows.length, scored: scored.length }),
    items: items.map(({ id, task, success, old, new: renewed, unstable }) => ({
      id,
      task,
      success,
      old,
      new: renewed,
      unstable,
    })),
  }
}

function itemOf(row: ScoredRow): ShadowItem {
  const { id, task, success } = row
  return { id, task, success, old: mean(row.old), new: mean(row.new) }
}

function isUnstable({ old, new: renewed }: ScoredRow): boolean {
  return !(variance(old) <= maxVariance && variance(renewed) <= maxVariance)
}

function variance(values: readonly number[]): number {
  const centre = mean(values)
  return mean(values.map((value) => (value - centre) ** 2))
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function meanOrNull(values: readonly number[]): number | null {
  return values.length > 0 ? mean(values) : null
}
