import type { Clock } from '../../core/platform/ports.ts'
import { plainError } from './plain-error.ts'

/** Takes one line of text, without its newline. */
export type WriteLine = (line: string) => void

export interface Log {
  info(message: string, fields?: Record<string, unknown>): void
  error(message: string, fields?: Record<string, unknown>): void
}

/**
 * One JSON object a line, with `fields` in each. Powertools' logger and metrics would add 35 KB to the 200 KB that the API's entry
 * may have; these lines hold the same. `level` and `timestamp` are Lambda's names: without both it takes a line for INFO.
 */
export function createLog(write: WriteLine, clock: Clock, fields: Record<string, unknown>): Log {
  const line =
    (level: string) =>
    (message: string, more: Record<string, unknown> = {}) => {
      const plain = Object.entries(more).map(([name, value]) => [
        name,
        value instanceof Error ? plainError(value) : value,
      ])
      const timestamp = clock.now().toISOString()
      write(JSON.stringify({ level, timestamp, message, ...fields, ...Object.fromEntries(plain) }))
    }
  return { info: line('INFO'), error: line('ERROR') }
}

/** Not console.log: Lambda would put its own words before the JSON. */
export const toStdout: WriteLine = (line) => process.stdout.write(`${line}\n`)
