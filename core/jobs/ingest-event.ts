import { Algorithm } from '../../schemas/primitives.ts'
import { Fault } from '../platform/fault.ts'
import type { Platform } from '../platform/ports.ts'
import { ingestAttempt } from './ingest-attempt.ts'

const pattern =
  /^jobs\/(job-[a-z0-9]{20})\/stages\/(\d{1,3})-([a-z]+)\/attempts\/([1-9]\d{0,3})\/metrics\/(\d{8})\.jsonl$/

/**
 * Reads the segment of this key when it is the next one of its attempt, and those before it that are still unread; nothing when it
 * was read already. Looks for none behind it: that one has an event of its own. Fault `invalid` for the key of anything else.
 */
export async function ingestSegment(
  platform: Pick<Platform, 'table' | 'metrics' | 'blobs' | 'clock'>,
  key: string,
): Promise<void> {
  const [, job, index, name, number, segment] = pattern.exec(key) ?? []
  const algorithm = Algorithm.safeParse(name).data
  if (job === undefined || algorithm === undefined)
    throw new Fault('invalid', `"${key}" is not the key of a metrics segment; only those are to be sent here`)
  await ingestAttempt(platform, job, { index: Number(index), algorithm }, Number(number), Number(segment))
}
