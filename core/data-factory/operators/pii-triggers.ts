export interface PiiTriggers {
  /** An `@`. */
  at: boolean
  /** Seven digits with nothing but blanks, dots, dashes, brackets and plus signs between them. */
  digits: boolean
  /** Digits with three dots. */
  dots: boolean
  /** What a known key may begin with. */
  keys: boolean
}

const kind = { other: 0, digit: 1, separator: 2, dot: 3, at: 4, dash: 5, low: 6, capitalA: 7 } as const
const kinds = new Uint8Array(128)
for (const digit of '0123456789') kinds[digit.charCodeAt(0)] = kind.digit
for (const separator of ' ()+') kinds[separator.charCodeAt(0)] = kind.separator
kinds[0x2e] = kind.dot
kinds[0x40] = kind.at
kinds[0x2d] = kind.dash
kinds[0x5f] = kind.low
kinds[0x41] = kind.capitalA

const beforeDash = /(?:sk|xox[a-z]|glpat|----)$/
const beforeLow = /(?:gh[a-z]|github|hf|npm|[srp]k)$/
const leastDigits = 7

/** One scan for what any pattern needs, so that other texts cost nothing more; null when there is none of it. */
export function piiTriggers(text: string): PiiTriggers | null {
  let [at, many, dotted, keys] = [false, false, false, false]
  let digits = 0
  let dots = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    switch (code < 128 ? kinds[code] : kind.other) {
      case kind.digit:
        if (++digits >= leastDigits) many = true
        continue
      case kind.separator:
        dots = 0
        continue
      case kind.dot:
        if (digits > 0 && ++dots >= 3) dotted = true
        continue
      case kind.at:
        at = true
        break
      case kind.dash:
        keys ||= beforeDash.test(text.slice(Math.max(0, i - 5), i))
        dots = 0
        continue
      case kind.low:
        keys ||= beforeLow.test(text.slice(Math.max(0, i - 6), i))
        break
      case kind.capitalA:
        keys ||= /^(?:KIA|SIA|Iza)/.test(text.slice(i + 1, i + 4))
        break
    }
    digits = 0
    dots = 0
  }
  return at || many || dotted || keys ? { at, digits: many, dots: dotted, keys } : null
}
