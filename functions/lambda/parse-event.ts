import type * as z from 'zod'
import { Fault, isFault } from '../../core/platform/fault.ts'
import { parse } from '../../core/platform/parse.ts'

/**
 * Parses what a trigger sent. Fault `invalid` with every breach in its message: of an error, a dead-letter queue keeps nothing but
 * the message.
 */
export function parseEvent<Schema extends z.ZodType>(schema: Schema, event: unknown, what: string): z.infer<Schema> {
  try {
    return parse(schema, event, what)
  } catch (cause) {
    if (!isFault(cause, 'invalid')) throw cause
    const { errors } = cause
    const reasons = errors.map(({ pointer, message }) => `${pointer || '/'} ${message}`)
    throw new Fault('invalid', `${what} cannot be read: ${reasons.join('; ')}`, { errors, cause })
  }
}
