import { inspect } from 'node:util'
import type { Log } from './runtime.ts'

/** One JSON object a line on stderr; errors with their stack, causes and parts. */
export const logToStderr: Log = (message, fields) => {
  const plain = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? inspect(value) : value]),
  )
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), message, ...plain })}\n`)
}
