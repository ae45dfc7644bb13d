import type { Log } from './runtime.ts'

/** One JSON object a line on stderr; errors with their stack. */
export const logToStderr: Log = (message, fields) => {
  const plain = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error ? (value.stack ?? value.message) : value,
    ]),
  )
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), message, ...plain })}\n`)
}
