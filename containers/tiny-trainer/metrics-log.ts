import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { MetricLine } from '../../schemas/trainer-contract.ts'
import { writeDurably } from './files.ts'

export type MetricsLog = {
  /** Adds one step's line; ships at once when a value is not finite, or when waiting for another step could be too late. */
  append(step: number, metrics: Record<string, number>): MetricLine['data']
  /** Ships what has not been shipped yet. */
  flush(): void
}

/** Ships JSON Lines segments `metrics/{8 digits}.jsonl`, numbered on from those that are already there. */
export function createMetricsLog(output: string, flushSeconds: number, now: () => number = Date.now): MetricsLog {
  const segment = (sequence: number) => join(output, 'metrics', `${String(sequence).padStart(8, '0')}.jsonl`)
  let sequence = 0
  while (existsSync(segment(sequence))) sequence++
  let lines: string[] = []
  let shippedAt = Number.NEGATIVE_INFINITY
  let lastAppend = now()

  const log: MetricsLog = {
    append(step, metrics) {
      const data = Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, wireValue(value)]))
      const time = now()
      const line: MetricLine = { step, ts: new Date(time).toISOString(), data }
      lines.push(JSON.stringify(line))
      const nextAppend = time + (time - lastAppend)
      lastAppend = time
      const finite = Object.values(metrics).every(Number.isFinite)
      if (!finite || nextAppend - shippedAt > flushSeconds * 1000) log.flush()
      return data
    },
    flush() {
      if (lines.length === 0) return
      writeDurably(segment(sequence), `${lines.join('\n')}\n`)
      sequence++
      lines = []
      shippedAt = now()
    },
  }
  return log
}

function wireValue(value: number): MetricLine['data'][string] {
  if (Number.isFinite(value)) return value
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? 'Infinity' : '-Infinity'
}
