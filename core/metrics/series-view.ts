import type { AttemptSeries } from './series-attempt.ts'
import type { Part } from './series-part.ts'
import { lowerBound } from './series-search.ts'

/** Rows of a part, `from` to `to` (exclusive). */
export interface Span {
  attempt: number
  part: Part
  from: number
  to: number
}

/** The rows of a stage that count, in step order. */
export interface StageView {
  stage: number
  spans: Span[]
}

/**
 * Of each step the rows of one attempt: an attempt owns the steps from its first logged step on, older ones only what lies before it.
 * The oldest that logged anything owns all before. What a later attempt logged below its own first step is its branch's only.
 */
export function winningSpans(attempts: readonly AttemptSeries[]): Span[] {
  const spans: Span[] = []
  const inOrder = attempts.filter(({ firstStep }) => firstStep !== null)
  let bound = Number.POSITIVE_INFINITY
  for (const [i, series] of [...inOrder.entries()].reverse()) {
    const from = i === 0 ? Number.NEGATIVE_INFINITY : (series.firstStep as number)
    spans.unshift(...spansBetween(series, from, bound))
    bound = Math.min(bound, from)
  }
  return spans
}

/** All rows of one attempt. */
export const branchSpans = (series: AttemptSeries): Span[] =>
  spansBetween(series, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)

/** What of the spans lies in steps `from` to `to` (exclusive). */
export const withinSteps = (spans: readonly Span[], from: number, to: number): Span[] =>
  spans.flatMap((span) => {
    const { steps } = span.part
    const first = lowerBound(steps, from, span.from, span.to)
    const end = lowerBound(steps, to, first, span.to)
    return first < end ? [{ ...span, from: first, to: end }] : []
  })

/** What of the spans has a known time from `from` to `to` (inclusive, epoch milliseconds). */
export async function withinTimes(spans: readonly Span[], from: number, to: number): Promise<Span[]> {
  const found: Span[] = []
  for (const span of spans) {
    const times = await span.part.times()
    let start = span.from
    for (let row = span.from; row <= span.to; row++) {
      const time = times[row] as number
      if (row < span.to && time >= from && time <= to) continue
      if (start < row) found.push({ ...span, from: start, to: row })
      start = row + 1
    }
  }
  return found
}

/** Every metric of the spans' parts. */
export const namesOf = (spans: readonly Span[]): string[] => [...new Set(spans.flatMap(({ part }) => part.names()))]

function spansBetween({ source: { attempt }, parts }: AttemptSeries, from: number, to: number): Span[] {
  const whole = parts.map((part) => ({ attempt, part, from: 0, to: part.steps.length }))
  return withinSteps(whole, from, to)
}
