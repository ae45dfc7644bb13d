import type { Span } from './find-pii.ts'

const local = /[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]/
/** What an address in running text begins and ends with. */
const solid = /[A-Za-z0-9_]/
const domain = /[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+/y
const topLevel = /^(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9-]{2,59})$/
const fileEndings = /^(?:png|jpe?g|gif|svg|webp|ico|css|html?|js|json|py)$/i
const longestLocal = 64

/** Addresses of RFC 5322 in their usual form; not `git@host:path`, `logo@2x.png` and `a@b.method(`. */
export function findEmails(text: string): Span[] {
  const found: Span[] = []
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const start = localStart(text, at)
    if (start === at) continue
    const end = domainEnd(text, at + 1)
    if (end === undefined) continue
    if (text.slice(start, at) === 'git' && text[end] === ':') continue
    found.push({ start, end, kind: 'email' })
  }
  return found
}

/** Where the part before the `@` begins; `at` when there is none. */
function localStart(text: string, at: number): number {
  let start = at
  const least = Math.max(0, at - longestLocal)
  while (start > least && local.test(text[start - 1]!) && !(text[start - 1] === '.' && text[start] === '.')) start--
  while (start < at && !solid.test(text[start]!)) start++
  return text[at - 1] === '.' ? at : start
}

function domainEnd(text: string, from: number): number | undefined {
  domain.lastIndex = from
  const match = domain.exec(text)?.[0]
  if (match === undefined) return undefined
  // A name may go on into what is no top-level domain: `a@b.com.2`.
  const labels = match.split('.')
  while (labels.length > 1 && !topLevel.test(labels.at(-1)!)) labels.pop()
  if (labels.length < 2 || fileEndings.test(labels.at(-1)!)) return undefined
  const end = from + labels.join('.').length
  return /[[(@]/.test(text.charAt(end)) ? undefined : end
}
