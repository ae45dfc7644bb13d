import { isFault } from '../../platform/fault.ts'
import type { Secrets } from '../../platform/ports.ts'

/** The key of a scorer, or why there is none. Other faults pass: they may be gone at the next try. */
export async function scorerKey(secrets: Secrets, name: string): Promise<{ key: string } | { problem: string }> {
  try {
    const key = (await secrets.read(name)).trim()
    return key === '' ? { problem: `secret ${name} is empty` } : { key }
  } catch (error) {
    if (isFault(error, 'not_found') || isFault(error, 'invalid') || isFault(error, 'forbidden'))
      return { problem: error.message }
    throw error
  }
}
