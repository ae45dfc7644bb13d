import type * as z from 'zod'
import { sha256 } from '../platform/digest.ts'
import { Fault, isFault } from '../platform/fault.ts'
import { parseStored } from '../platform/parse.ts'
import type { Platform } from '../platform/ports.ts'

/**
 * What was measured once stays: a repeated step finds the first result, which the report and the ticket cite by digest, and pays for no
 * second one.
 */
export async function keptResult<Schema extends z.ZodType>(
  { blobs }: Pick<Platform, 'blobs'>,
  key: string,
  schema: Schema,
  measure: () => Promise<z.infer<Schema>>,
): Promise<{ value: z.infer<Schema>; sha256: string }> {
  const known = await kept()
  if (known) return known
  const text = JSON.stringify(await measure(), null, 2)
  try {
    await blobs.put(key, text, 'absent')
    return { value: parseStored(schema, text, key), sha256: sha256(text) }
  } catch (error) {
    if (!isFault(error, 'conflict')) throw error
    const first = await kept()
    if (first) return first
    throw new Fault('busy', `${key} was being written by another step; try again`, { cause: error })
  }

  async function kept() {
    const bytes = await blobs.get(key)
    return bytes && { value: parseStored(schema, bytes, key), sha256: sha256(bytes) }
  }
}
