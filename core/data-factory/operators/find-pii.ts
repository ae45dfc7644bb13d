import type { piiPatterns } from '../../../schemas/operators.ts'
import { isCardNumber, isChineseId, isInternationalNumber, isPublishableIpv4 } from './pii-checksums.ts'
import { findEmails } from './pii-emails.ts'
import { findKeys } from './pii-keys.ts'
import { piiTriggers } from './pii-triggers.ts'

export type PiiKind = (typeof piiPatterns)[number]

/** From `start` up to and not including `end`, in UTF-16 code units. */
export interface Span {
  start: number
  end: number
  kind: PiiKind
}

const ipv4 = /(?<![\w.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?!\w|\.\d)/g
const chineseId = /(?<![0-9A-Za-z.])\d{17}[\dXx](?![0-9A-Za-z]|\.\d)/g
/** Terms of a sum (`600-150-1200-2000`) are none. */
const mobile = /(?<![0-9A-Za-z.+]|\d-)(?:(?:\+|00)?86[ -]?)?1[3-9]\d(?:\d{8}|([ -])\d{4}\1\d{4})(?![0-9A-Za-z]|[.-]\d)/g
const roundNumber = /0{7}$/
const card =
  /(?<![0-9A-Za-z_.])(?:\d{13,19}|\d{4}([ -])\d{6}\1\d{4,5}|\d{4}([ -])\d{4}\2\d{4}\2\d{1,4}(?:\2\d{3})?)(?![0-9A-Za-z_]|\.\d)/g
const phone = /(?<![\w+])\+[1-9](?:[ .()-]{0,2}\d){6,16}/g

/**
 * Personal data and secrets in a text, from left to right, without overlaps. Numbers count only where their check digits,
 * issuers, dates, octets or country codes hold; digits outside ASCII are not read.
 */
export function findPii(text: string, kinds: ReadonlySet<PiiKind>): Span[] {
  const triggers = piiTriggers(text)
  if (triggers === null) return []
  let found: Span[] = []
  const add = (kind: PiiKind, spans: () => Span[]): void => {
    if (kinds.has(kind)) found = withSpans(found, spans())
  }
  // Of two that overlap the first here is meant: an address may begin with a mobile number.
  if (triggers.keys) add('api_key', () => findKeys(text))
  if (triggers.at) add('email', () => findEmails(text))
  if (triggers.digits) {
    add('cn_id', () => matching(text, chineseId, 'cn_id', isChineseId))
    add('card', () => matching(text, card, 'card', (value) => isCardNumber(digitsOf(value))))
    add('cn_mobile', () => matching(text, mobile, 'cn_mobile', (value) => !roundNumber.test(value)))
  }
  if (triggers.dots) add('ipv4', () => matching(text, ipv4, 'ipv4', isPublishableIpv4))
  if (triggers.digits) add('phone', () => phones(text))
  return found
}

/** Both in order, without what overlaps an earlier finding. */
function withSpans(found: Span[], more: Span[]): Span[] {
  const merged: Span[] = []
  let next = 0
  for (const span of more) {
    while (next < found.length && found[next]!.end <= span.start) merged.push(found[next++]!)
    const clear = next === found.length || found[next]!.start >= span.end
    if (clear && (merged.at(-1)?.end ?? 0) <= span.start) merged.push(span)
  }
  return [...merged, ...found.slice(next)]
}

function matching(text: string, pattern: RegExp, kind: PiiKind, holds: (value: string) => boolean): Span[] {
  const found: Span[] = []
  for (const match of text.matchAll(pattern)) {
    if (holds(match[0])) found.push({ start: match.index, end: match.index + match[0].length, kind })
  }
  return found
}

/** Further numbers may follow one: the longest beginning that is a number counts. */
function phones(text: string): Span[] {
  const found: Span[] = []
  for (const match of text.matchAll(phone)) {
    const start = match.index
    for (let end = start + match[0].length; end > start + 8; end--) {
      if (!isDigit(text.charCodeAt(end - 1)) || isDigit(text.charCodeAt(end))) continue
      if (!isInternationalNumber(digitsOf(text.slice(start, end)))) continue
      found.push({ start, end, kind: 'phone' })
      break
    }
  }
  return found
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

function digitsOf(value: string): string {
  return value.replace(/\D/g, '')
}
