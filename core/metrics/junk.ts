import type { JunkLine } from '../../schemas/metrics.ts'
import { queryAll } from '../platform/paging.ts'
import type { Draft, JsonObject, Table } from '../platform/ports.ts'
import { attemptKey } from './attempt-key.ts'
import type { Source } from './metric-store.ts'

/** Of one segment and of one attempt: a trainer that prints into its log would fill the table. */
export const maxKeptOfSegment = 5
export const maxKeptOfAttempt = 100

/** The samples of one segment, under a key that only source and segment decide. */
export function junkDraft(source: Source, segment: number, lines: readonly JunkLine[]): Draft {
  const sk = `J#${attemptKey(source)}#${String(segment).padStart(8, '0')}`
  return { pk: `JOB#${source.job}`, sk, data: { lines: lines as unknown as JsonObject[] } }
}

/** What is kept of an attempt's junk lines, in order. */
export async function listJunk(metrics: Table, source: Source): Promise<JunkLine[]> {
  const sk = { prefix: `J#${attemptKey(source)}#` }
  const items = await Array.fromAsync(queryAll(metrics, { pk: `JOB#${source.job}`, sk, limit: 1000 }))
  return items.flatMap((item) => (item.data as { lines: unknown }).lines as JunkLine[])
}
