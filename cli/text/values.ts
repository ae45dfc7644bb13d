import type * as z from 'zod'
import type { MetricValue } from '../../schemas/primitives.ts'

/** `12ms`, `0.4s`, `45s`, `3m 05s`, `2h 05m`, `3d 4h`. */
export function duration(ms: number): string {
  if (ms < 99.5) return `${Math.max(0, Math.round(ms))}ms`
  const seconds = ms / 1000
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`
  const whole = Math.round(seconds)
  const two = (value: number) => String(value).padStart(2, '0')
  if (whole < 60) return `${whole}s`
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`
  return `${Math.floor(minutes / 1440)}d ${Math.floor((minutes % 1440) / 60)}h`
}

/** Four significant digits; what is not finite as the API writes it. */
export function metric(value: z.infer<typeof MetricValue>): string {
  if (typeof value === 'string') return value
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size >= 1e6 || size < 1e-4) return value.toExponential(2)
  return String(Number(value.toPrecision(4)))
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

/** A difference of two shares, with its sign. */
export function points(share: number): string {
  return `${share < 0 ? '-' : '+'}${(100 * Math.abs(share)).toFixed(1)}`
}

/** A probability as people read it. */
export function probability(p: number): string {
  return p === 0 || p >= 0.001 ? String(Number(p.toPrecision(3))) : p.toExponential(1)
}

export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = count
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`
}

/** ISO 8601 to the second, as in every table. */
export function time(timestamp: string): string {
  return timestamp.replace(/\.\d+Z$/, 'Z')
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** SHA-256 digests by their first 12 digits, as in `name@d111bea99106`. */
export function shortDigests(text: string): string {
  return text.replaceAll(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1')
}
