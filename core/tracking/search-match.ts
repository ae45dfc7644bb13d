import type { Clause, Order, Subject } from './search-filter.ts'

/** What a search sees of a run or an experiment. */
export interface Candidate {
  attributes: Readonly<Record<string, string | number | null>>
  metrics: ReadonlyMap<string, number>
  params: Readonly<Record<string, string>>
  tags: Readonly<Record<string, string>>
}

/** Whether all comparisons hold. What a candidate lacks equals nothing and differs from nothing. */
export function matches(candidate: Candidate, clauses: readonly Clause[]): boolean {
  return clauses.every((clause) => holds(clause, valueAt(candidate, clause.subject, clause.key)))
}

/** Orders by the first key that differs; what is missing comes last, NaN before it. */
export function compareBy(orders: readonly Order[]): (a: Candidate, b: Candidate) => number {
  return (a, b) => {
    for (const { subject, key, descending } of orders) {
      const order = compare(valueAt(a, subject, key), valueAt(b, subject, key), descending)
      if (order !== 0) return order
    }
    return 0
  }
}

type Value = string | number | undefined

function valueAt({ attributes, metrics, params, tags }: Candidate, subject: Subject, key: string): Value {
  if (subject === 'metric') return metrics.get(key)
  const from = subject === 'param' ? params : subject === 'tag' ? tags : attributes
  return Object.hasOwn(from, key) ? (from[key] ?? undefined) : undefined
}

function holds({ comparator, value: wanted }: Clause, value: Value): boolean {
  if (comparator === 'IS NULL') return value === undefined
  if (comparator === 'IS NOT NULL') return value !== undefined
  if (value === undefined || wanted === undefined) return false
  if (Array.isArray(wanted)) return wanted.includes(String(value)) === (comparator === 'IN')
  switch (comparator) {
    case '=':
      return value === wanted
    case '!=':
      return value !== wanted
    case '<':
      return value < wanted
    case '<=':
      return value <= wanted
    case '>':
      return value > wanted
    case '>=':
      return value >= wanted
    case 'LIKE':
      return isLike(String(value), String(wanted))
    default:
      return isLike(String(value).toLowerCase(), String(wanted).toLowerCase())
  }
}

/** SQL's LIKE: `%` for any text, `_` for one character. Goes back to the last `%` only, so its time is bounded by a product. */
function isLike(text: string, pattern: string): boolean {
  let [t, p, star, mark] = [0, 0, -1, 0]
  while (t < text.length) {
    if (pattern[p] === '%') {
      star = p++
      mark = t
    } else if (p < pattern.length && (pattern[p] === '_' || pattern[p] === text[t])) {
      p++
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++mark
    } else return false
  }
  while (pattern[p] === '%') p++
  return p === pattern.length
}

function compare(a: Value, b: Value, descending: boolean): number {
  const [last, other] = [rank(a), rank(b)]
  if (last !== other) return last - other
  if (last > 0 || a === b) return 0
  const order = (a as string | number) < (b as string | number) ? -1 : 1
  return descending ? -order : order
}

const rank = (value: Value) => (value === undefined ? 2 : Number.isNaN(value) ? 1 : 0)
