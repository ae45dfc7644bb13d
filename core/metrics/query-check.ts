import type { MetricsQuery } from '../../schemas/metrics.ts'
import { type Breach, invalid } from '../platform/fault.ts'
import { parsePlace } from './series-positions.ts'

/** As on the wire; `names` may be a list as well, for names with a comma. */
export type MetricQuery = Omit<MetricsQuery, 'names'> & { names?: string | readonly string[] | undefined }

/** Steps and times are inclusive. */
export interface Limits {
  from: number
  to: number
  /** Epoch milliseconds; absent: whatever the time, also an unknown one. */
  times?: { from: number; to: number }
}

export const maxBuckets = 5000

/** The limits of a query. Fault `invalid` with everything that is wrong in it. */
export function checkQuery(query: MetricQuery): Limits {
  const from = query.start_step ?? 0
  const to = query.end_step ?? Number.POSITIVE_INFINITY
  const after = query.start_time === undefined ? Number.NEGATIVE_INFINITY : Date.parse(query.start_time)
  const before = query.end_time === undefined ? Number.POSITIVE_INFINITY : Date.parse(query.end_time)
  const { buckets = 1 } = query
  const errors: Breach[] = []
  const require = (holds: boolean, pointer: string, code: string, message: string, remedy: string) => {
    if (!holds) errors.push({ pointer, code, message, remedy })
  }
  require(query.attempt === undefined ||
    query.stage !==
      undefined, '/attempt', 'stage_missing', `attempt ${query.attempt} is asked for without a stage`, 'Give both: attempt and stage.')
  require(from <= to, '/start_step', 'empty_range', `start_step ${from} is above end_step ${to}`, 'Exchange them.')
  require(after <=
    before, '/start_time', 'empty_range', `start_time ${query.start_time} and end_time ${query.end_time} are no range`, 'Give ISO 8601 times, the earlier one first.')
  require(Number.isInteger(buckets) &&
    buckets >= 1 &&
    buckets <=
      maxBuckets, '/buckets', 'out_of_range', `buckets ${buckets} is not a whole number from 1 to ${maxBuckets}`, `Ask for 1 to ${maxBuckets}.`)
  require(query.after === undefined ||
    parseSeen(query.after) !==
      undefined, '/after', 'malformed', `after ${JSON.stringify(query.after?.slice(0, 80))} is no position`, 'Give what an earlier answer named `next`, or leave it out.')
  if (errors.length > 0) throw invalid('the query', errors)
  const isTimed = query.start_time !== undefined || query.end_time !== undefined
  return { from, to, ...(isTimed && { times: { from: after, to: before } }) }
}

/** The names asked for; undefined: all. */
export function namesAsked({ names }: Pick<MetricQuery, 'names'>): readonly string[] | undefined {
  if (typeof names !== 'string') return names
  return names.split(',').flatMap((name) => name.trim() || [])
}

/** What `after` says was seen: how far of each attempt, or everything up to one place. undefined when it is malformed. */
export function parseSeen(after: string): { upTo: string } | { places: ReadonlyMap<string, string> } | undefined {
  if (parsePlace(after)) return { upTo: after }
  const places = Buffer.from(after, 'base64url').toString().split(',')
  if (!places.every((place) => parsePlace(place))) return undefined
  return { places: new Map(places.map((place) => [place.slice(0, 8), place])) }
}

/** The opaque form of places. null when there is none. */
export const encodeSeen = (places: readonly string[]): string | null =>
  places.length === 0 ? null : Buffer.from(places.join(',')).toString('base64url')
