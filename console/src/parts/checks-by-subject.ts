import type { Check } from '../../../schemas/preflight.ts'
import type { StatusChoice } from '../state/use-status-filter.ts'

const severity = { fail: 0, warn: 1, pass: 2 } as const
const worst = (checks: Check[]) => Math.min(...checks.map(({ status }) => severity[status]))

/** The wanted checks by what they are about; in each group and among the groups, what failed comes first. */
export function checksBySubject(checks: Check[], wanted: StatusChoice): { subject: string; checks: Check[] }[] {
  const kept = checks.filter(({ status }) => wanted === 'all' || status === wanted)
  return [...Map.groupBy(kept, ({ subject }) => subject)]
    .map(([subject, group]) => ({
      subject,
      checks: group.toSorted((left, right) => severity[left.status] - severity[right.status]),
    }))
    .sort((left, right) => worst(left.checks) - worst(right.checks))
}
