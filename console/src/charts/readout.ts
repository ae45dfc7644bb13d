import type { Bucketed } from '../series/bucketed.ts'
import { nearestBucket } from '../series/locate.ts'
import { count, measure } from '../state/format.ts'

export interface Readout {
  steps: string
  value: string
  spread: string
}

/** What a line says at a step, or last: the exact value, or mean, least and greatest of a bucket, and what was not finite. */
export function readoutAt(series: Bucketed, step: number | undefined): Readout | undefined {
  const at = step === undefined ? series.from.length - 1 : nearestBucket(series, step)
  if (at < 0) return undefined
  const [from = 0, to = 0, values = 0] = [series.from[at], series.to[at], series.count[at]]
  const odd = oddOf(series, at)
  const isOdd = odd !== '' && Number.isNaN(series.mean[at])
  return {
    steps: from === to ? `step ${count(from)}` : `steps ${count(from)} to ${count(to)}`,
    value: isOdd ? odd : measure(series.mean[at], step === undefined ? 5 : 7),
    spread:
      step !== undefined && values > 1 && !isOdd
        ? [`${measure(series.min[at], 4)} to ${measure(series.max[at], 4)}`, odd].filter(Boolean).join(', ')
        : '',
  }
}

/** `2 NaN, 1 Infinity`; a single one without its number. */
export function oddOf({ nan, up, down, count: counts }: Bucketed, at: number): string {
  const isOne = (counts[at] ?? 0) === 1
  return [
    [nan[at] ?? 0, 'NaN'],
    [up[at] ?? 0, 'Infinity'],
    [down[at] ?? 0, '−Infinity'],
  ]
    .filter(([number]) => Number(number) > 0)
    .map(([number, name]) => (isOne ? name : `${number} ${name}`))
    .join(', ')
}
