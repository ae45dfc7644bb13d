import type { NameBook } from './names-book.ts'
import { knownName } from './names-book.ts'
import { nonFiniteOf } from './parse-json.ts'
import { type Scan, scanNumber } from './parse-number.ts'
import { isStep, maxDepth, openKeys, stepKeys, timeKeys } from './parse-row.ts'
import { textOf } from './parse-text.ts'
import { createDayMemo, type DayMemo, parseTime, parseTimeBytes } from './parse-time.ts'

/** What stands between the fixed parts of a line. */
const roles = { step: 0, timeText: 1, timeNumber: 2, value: 3, text: 4 } as const

/**
 * The shape of a line: trainers write the same keys in the same order again and again. Only what stands between its fixed parts is
 * read; a line that differs in anything else is read by the slow and complete way.
 */
export interface Template {
  /** All fixed parts in a row; `ends` says where each ends. */
  fixed: Uint8Array
  ends: Int32Array
  roles: Uint8Array
  /** Number of the metric; -1: left out. */
  slots: Int32Array
}

/** What a line held, by the template that it matched. */
export interface Match {
  scan: Scan
  memo: DayMemo
  step: number
  time: number
  /** By place in the template. */
  values: Float64Array
}

const words = ['NaN', 'nan', '-nan', 'Infinity', '-Infinity', 'inf', '-inf'].flatMap((word) => [word, `"${word}"`])
const literals = [
  ...words.map((word) => ({ word, value: nonFiniteOf(word.replaceAll('"', '')) as number })),
  { word: 'null', value: Number.NaN },
  { word: 'true', value: 1 },
  { word: 'false', value: 0 },
].map(({ word, value }) => ({ bytes: new TextEncoder().encode(word), value }))

export const createMatch = (): Match => ({
  scan: { bytes: new Uint8Array(), at: 0, value: 0 },
  memo: createDayMemo(),
  step: 0,
  time: Number.NaN,
  values: new Float64Array(64),
})

/** Reads the line from `from` to `end` by the template. false: it has another shape, and `match` means nothing. */
export function matchLine(match: Match, template: Template, bytes: Uint8Array, from: number, end: number): boolean {
  const { fixed, ends, roles: kinds } = template
  const { scan, values } = match
  scan.bytes = bytes
  match.time = Number.NaN
  let at = from
  let next = 0
  for (let i = 0; i < kinds.length; i++) {
    for (const stop = ends[i] as number; next < stop; next++, at++) if (bytes[at] !== fixed[next]) return false
    scan.at = at
    switch (kinds[i]) {
      case roles.value:
        if (!scanNumber(scan) && !scanLiteral(scan)) return false
        values[i] = scan.value
        break
      case roles.step:
        if (!scanNumber(scan) || !isStep(scan.value)) return false
        match.step = scan.value + 0
        break
      case roles.timeNumber:
        if (!scanNumber(scan)) return false
        match.time = parseTime(scan.value)
        if (Number.isNaN(match.time)) return false
        break
      default:
        if (!scanText(scan)) return false
        if (kinds[i] === roles.timeText) {
          match.time = parseTimeBytes(match.memo, bytes, at + 1, scan.at - 1)
          if (Number.isNaN(match.time)) return false
        } else if (nonFiniteOf(textOf(bytes, at + 1, Math.min(scan.at - 1, at + 12))) !== undefined) return false
    }
    at = scan.at
  }
  for (; next < fixed.length; next++, at++) if (bytes[at] !== fixed[next]) return false
  return at === end
}

function scanLiteral(scan: Scan): boolean {
  for (const { bytes, value } of literals) {
    let i = 0
    while (i < bytes.length && scan.bytes[scan.at + i] === bytes[i]) i++
    if (i < bytes.length) continue
    const after = (scan.bytes[scan.at + i] as number) | 32
    // A longer word is another one.
    if (after >= 97 && after <= 122) continue
    scan.value = value
    scan.at += i
    return true
  }
  return false
}

/** Plain ASCII between quotes, and moves behind it. */
function scanText(scan: Scan): boolean {
  const { bytes } = scan
  let at = scan.at
  if (bytes[at] !== 34) return false
  for (at++; bytes[at] !== 34; at++) {
    const byte = bytes[at]
    if (byte === undefined || byte < 32 || byte >= 127 || byte === 92) return false
  }
  scan.at = at + 1
  return true
}

/** What is known while a line is taken apart. */
interface Draft {
  scan: Scan
  book: NameBook
  stepKey: string | undefined
  timeKey: string | undefined
  names: Set<string>
  /** Where each part that varies begins and ends. */
  spans: { from: number; to: number; role: number; slot: number }[]
}

/** The template of a line that was read and whose names are known; undefined when lines like it have to be read the slow way. */
export function templateOf(book: NameBook, bytes: Uint8Array, from: number, end: number): Template | undefined {
  const line = bytes.subarray(from, end)
  const scan: Scan = { bytes: line, at: 0, value: 0 }
  const draft: Draft = { scan, book, stepKey: undefined, timeKey: undefined, names: new Set(), spans: [] }
  skipSpace(scan)
  if (!scanObject(draft, '', 1, true) || draft.stepKey === undefined) return undefined
  const { spans } = draft
  const fixed: number[] = []
  const ends: number[] = []
  let at = 0
  for (const span of spans) {
    for (; at < span.from; at++) fixed.push(line[at] as number)
    ends.push(fixed.length)
    at = span.to
  }
  for (; at < line.length; at++) fixed.push(line[at] as number)
  return {
    fixed: Uint8Array.from(fixed),
    ends: Int32Array.from(ends),
    roles: Uint8Array.from(spans, ({ role }) => role),
    slots: Int32Array.from(spans, ({ slot }) => slot),
  }
}

/** false: the object has something that no template can say. */
function scanObject(draft: Draft, prefix: string, depth: number, isLine = false): boolean {
  const { scan } = draft
  const keys = new Set<string>()
  if (scan.bytes[scan.at++] !== 123) return false
  skipSpace(scan)
  if (scan.bytes[scan.at] === 125) return scan.at++ >= 0
  for (;;) {
    const from = scan.at
    if (!scanText(scan)) return false
    const key = textOf(scan.bytes, from + 1, scan.at - 1)
    if (keys.has(key)) return false
    keys.add(key)
    skipSpace(scan)
    if (scan.bytes[scan.at++] !== 58) return false
    skipSpace(scan)
    if (!scanField(draft, prefix + key, depth, isLine ? key : undefined)) return false
    skipSpace(scan)
    const mark = scan.bytes[scan.at++]
    if (mark === 125) return true
    if (mark !== 44) return false
    skipSpace(scan)
  }
}

/** `own` is the key of a field of the line itself. */
function scanField(draft: Draft, native: string, depth: number, own: string | undefined): boolean {
  const { scan, book, spans } = draft
  const from = scan.at
  const isStepField = own !== undefined && stepKeys.includes(own)
  const isTimeField = own !== undefined && timeKeys.includes(own)
  const mark = scan.bytes[from]
  if (mark === 123) {
    if (own !== undefined && openKeys.includes(own)) return scanObject(draft, '', depth)
    const slot = book.slots.get(knownName(native))
    return (
      slot === undefined &&
      depth < maxDepth &&
      !isStepField &&
      !isTimeField &&
      scanObject(draft, `${native}/`, depth + 1)
    )
  }
  const isNumber = scanNumber(scan)
  const isText = !isNumber && mark === 34 && scanText(scan)
  if (isStepField && draft.stepKey !== undefined) return false
  if (isStepField) {
    draft.stepKey = own
    spans.push({ from, to: scan.at, role: roles.step, slot: -1 })
    return isNumber
  }
  if (isTimeField) {
    if (draft.timeKey !== undefined || !(isNumber || isText)) return false
    draft.timeKey = own
    const time = isNumber ? parseTime(scan.value) : parseTime(textOf(scan.bytes, from + 1, scan.at - 1))
    spans.push({ from, to: scan.at, role: isNumber ? roles.timeNumber : roles.timeText, slot: -1 })
    return !Number.isNaN(time)
  }
  return scanMetric(draft, native, from, isNumber, isText)
}

function scanMetric(draft: Draft, native: string, from: number, isNumber: boolean, isText: boolean): boolean {
  const { scan, book, spans, names } = draft
  const name = knownName(native)
  if (names.has(name)) return false
  names.add(name)
  const slot = book.slots.get(name)
  const isWord = isText && nonFiniteOf(textOf(scan.bytes, from + 1, Math.min(scan.at - 1, from + 12))) !== undefined
  if (slot !== undefined) {
    if (!isNumber && !isWord && !(!isText && scanLiteral(scan))) return false
    return spans.push({ from, to: scan.at, role: roles.value, slot }) > 0
  }
  // Left out: nothing but its being there is looked at. A text may become a number, which only the slow way sees.
  if (isText && !isWord) return spans.push({ from, to: scan.at, role: roles.text, slot: -1 }) > 0
  if (isNumber) return spans.push({ from, to: scan.at, role: roles.value, slot: -1 }) > 0
  return !isText && scanNull(scan)
}

/** Of a name that is no metric yet: as good as absent. */
function scanNull(scan: Scan): boolean {
  const isNull = textOf(scan.bytes, scan.at, scan.at + 4) === 'null'
  if (isNull) scan.at += 4
  return isNull
}

function skipSpace(scan: Scan): void {
  for (let byte = scan.bytes[scan.at]; byte === 32 || byte === 9 || byte === 13; byte = scan.bytes[scan.at]) scan.at++
}
