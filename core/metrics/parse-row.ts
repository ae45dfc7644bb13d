import { nonFiniteOf, parseObject } from './parse-json.ts'
import { parseTime } from './parse-time.ts'

export const stepKeys: readonly string[] = ['step', 'global_step', 'current_steps', 'current_step']
export const timeKeys: readonly string[] = ['ts', 'timestamp', 'time']
/** Objects whose fields count as the line's own. */
export const openKeys: readonly string[] = ['data', 'raw']
/** Objects nested deeper are left out. */
export const maxDepth = 6

/** One line as the trainer wrote it. */
export interface RawRow {
  step: number
  /** Whole epoch milliseconds, or NaN. */
  time: number
  natives: string[]
  /** null: the line says null; undefined: what stands there is no number. */
  values: (number | null | undefined)[]
}

/** The row of one line, in any of the accepted forms; a text says why there is none. */
export function parseRow(bytes: Uint8Array): RawRow | string {
  const line = parseObject(bytes)
  if (typeof line === 'string') return line
  const stepKey = stepKeys.find((key) => Object.hasOwn(line, key))
  if (stepKey === undefined) return 'no step'
  const step = line[stepKey]
  if (!isStep(step)) return 'step is no whole number from 0'
  const timeKey = timeKeys.find((key) => Object.hasOwn(line, key) && !Number.isNaN(parseTime(line[key])))
  const row: RawRow = { step: step + 0, time: timeKey ? parseTime(line[timeKey]) : Number.NaN, natives: [], values: [] }
  for (const key of Object.keys(line)) {
    if (key === stepKey || key === timeKey) continue
    const value = line[key]
    if (openKeys.includes(key) && isObject(value)) addFields(row, '', value, 1)
    else addField(row, key, value, 1)
  }
  return row
}

export const isStep = (step: unknown): step is number =>
  typeof step === 'number' && Number.isInteger(step) && step >= 0 && step <= 2 ** 53

/** The number of a JSON value that is a metric's; undefined when it is none. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  return typeof value === 'string' ? nonFiniteOf(value) : undefined
}

function addFields(row: RawRow, prefix: string, fields: Record<string, unknown>, depth: number): void {
  for (const key of Object.keys(fields)) addField(row, prefix + key, fields[key], depth)
}

function addField(row: RawRow, native: string, value: unknown, depth: number): void {
  row.natives.push(native)
  row.values.push(value === null ? null : numberOf(value))
  if (isObject(value) && depth < maxDepth) addFields(row, `${native}/`, value, depth + 1)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
