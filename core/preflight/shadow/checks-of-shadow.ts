import type { Check } from '../../../schemas/preflight.ts'
import type { ShadowReport } from '../../../schemas/shadow-run.ts'
import { judge } from '../check.ts'

const maxUnstableRate = 0.2

/** One check for each limit of the gate. What could not be computed fails. */
export function checksOfShadow(report: ShadowReport): Check[] {
  const { gate, set, tag, scored, spearman_ci, corr_improve_pct_ci } = report
  const { corr_to_success_old, corr_to_success_new, n } = report
  const subject = `${set.reference} (${tag})`
  const measure = (name: keyof typeof gate.limits, value: number | null, message: string, remedy: string) => {
    const limit = gate.limits[name] ?? Number.NaN
    const outcome = { name: `shadow_${name}`, subject, value, threshold: `>= ${limit}`, message, remedy }
    return judge(value !== null && value >= limit && !gate.missed.includes(name), outcome)
  }
  const agree = 'The new scorer ranks the items differently from the old one: look at both on the items of the report.'
  const of = `${n} stable items`
  return [
    {
      ...measure(
        'scored_share',
        set.rows > 0 ? scored / set.rows : null,
        `${scored} of ${set.rows} items have every score; ${report.calls.failed} of ${report.calls.total} calls failed`,
        'Mend what the calls say: the address, the model, the secret, or the limits of the account.',
      ),
      evidence: report.errors,
    },
    measure('stable_items', n, `${report.unstable} items are unstable`, 'Draw a larger shadow set.'),
    judge(
      (report.unstable_rate ?? Number.NaN) <= maxUnstableRate,
      {
        name: 'shadow_unstable_rate',
        subject,
        value: report.unstable_rate,
        threshold: `<= ${maxUnstableRate}`,
        message: `mean variance ${shown(report.avg_variance)}`,
        remedy: 'Lower the temperature of the scorer, or ask it for coarser scores.',
      },
      'warn',
    ),
    measure('spearman', report.spearman, `old against new on ${of}, 95 % ${interval(spearman_ci)}`, agree),
    measure('kendall_tau', report.kendall_tau, `tau-b on ${of}`, agree),
    measure('top10_overlap', report.top10_overlap, `share of the old top 10 % in the new one, ${of}`, agree),
    measure('top20_overlap', report.top20_overlap, `share of the old top 20 % in the new one, ${of}`, agree),
    measure(
      'corr_improve_pct',
      report.corr_improve_pct,
      `correlation with success ${shown(corr_to_success_old)} before, ${shown(corr_to_success_new)} now; the improvement in %, 95 % ${interval(corr_improve_pct_ci)}`,
      'Keep the old scorer until the new one follows success better; null: success or a score is constant, or the old correlation is below 0.05.',
    ),
    judge(report.direction_check, {
      name: 'shadow_direction',
      subject,
      value: corr_to_success_new,
      threshold: '> 0',
      message: report.direction_check ? 'better answers get higher scores' : 'better answers do not get higher scores',
      remedy: 'Turn the scale of the new scorer round, or mend its prompt.',
    }),
  ]
}

function shown(value: number | null): string {
  return value === null ? 'not computable' : value.toFixed(4)
}

function interval(bounds: readonly [number, number] | null): string {
  return bounds ? `[${bounds.map((bound) => bound.toFixed(2)).join(', ')}]` : 'not computable'
}
