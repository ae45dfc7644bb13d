import { canonicalMetrics } from '../../../schemas/canonical-metrics.ts'

/** What the comparison asks for: the families, and what was chosen beside them. */
export function comparedNames(more: readonly string[]): string {
  const families = Object.entries(canonicalMetrics).flatMap(([name, metric]) => ('family' in metric ? [name] : []))
  return [...families, ...more].join(',')
}
