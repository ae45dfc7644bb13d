import type { Table } from '../platform/ports.ts'
import { attemptKey } from './attempt-key.ts'
import { type CompactionRecord, listRecords, recordedPlace } from './compact-record.ts'

/** Where a chunk stands among those of its attempt. */
export interface Place {
  segment: number
  part: number
}

/** How far an attempt is stored. */
export interface Position extends Place {
  stage: number
  attempt: number
}

export interface Stored extends Position {
  /** What of it lies in objects. */
  record: CompactionRecord | undefined
}

const allChunks = { from: 'M#', to: 'M#~' }
const wellFormed = /^\d{3}#\d{4}#\d{8,}#\d{4,}$/

/** How far each attempt of a job is stored, in stage and attempt order. One small read per attempt, and one for the records. */
export async function listPositions(metrics: Table, job: string): Promise<Stored[]> {
  const [records, chunks] = await Promise.all([listRecords(metrics, job), lastChunks(metrics, job)])
  const stored = new Map(chunks.map((each) => [attemptKey(each), { ...each, record: undefined } as Stored]))
  for (const record of records) {
    const end = recordedPlace(record)
    const known = stored.get(attemptKey(record))
    // Chunks expire, objects do not.
    const last = known === undefined || comparePlaces(known, end) < 0 ? end : known
    const { stage, attempt } = record
    stored.set(attemptKey(record), { stage, attempt, segment: last.segment, part: last.part, record })
  }
  return [...stored].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each)
}

/** Negative, zero or positive, as in sorting. */
export const comparePlaces = (a: Place, b: Place): number => a.segment - b.segment || a.part - b.part

/** As in sort keys: stage, attempt, segment, part. */
export const placeText = (position: Position): string =>
  `${attemptKey(position)}#${String(position.segment).padStart(8, '0')}#${String(position.part).padStart(4, '0')}`

/** undefined when the text is no place. */
export function parsePlace(text: string): Position | undefined {
  if (!wellFormed.test(text)) return undefined
  const [stage, attempt, segment, part] = text.split('#').map(Number) as [number, number, number, number]
  return { stage, attempt, segment, part }
}

/** Of each attempt, from the last one back: what lies before it ends with the last chunk of the attempt before. */
async function lastChunks(metrics: Table, job: string): Promise<Position[]> {
  const found: Position[] = []
  let sk = allChunks
  for (;;) {
    const { items } = await metrics.query({ pk: `JOB#${job}`, sk, descending: true, limit: 1 })
    const place = items[0] && parsePlace(items[0].sk.slice(2))
    if (place === undefined) return found.reverse()
    found.push(place)
    sk = { ...allChunks, to: `M#${attemptKey(place)}` }
  }
}
