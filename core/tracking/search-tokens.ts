import { Fault } from '../platform/fault.ts'

const patterns = {
  space: /\s*/y,
  word: /[A-Za-z_]\w*/y,
  /** A key without quotes ends where a comparison or a space begins. */
  key: /[^\s=!<>,()'"`]+/y,
  quoted: /"([^"]*)"|`([^`]*)`/y,
  text: /'([^']*)'|"([^"]*)"/y,
  number: /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])/y,
}

/** Reads a filter or an order from left to right. Every reader skips spaces, and takes nothing where what it wants is not next. */
export interface Tokens {
  done(): boolean
  symbol(symbol: string): boolean
  /** In capitals here, in any case there. */
  word(wanted: string): boolean
  name(): { text: string; quoted: boolean } | undefined
  /** Directly behind a dot. */
  key(): string | undefined
  text(): string | undefined
  number(): number | undefined
  /** What comes next, for people. */
  here(): string
  /** A fault about the whole text. */
  refuse(why: string): Fault
}

/** `what` names the text in faults. */
export function createTokens(text: string, what: string): Tokens {
  let at = 0
  const match = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text) ?? undefined
    if (found) at += found[0].length
    return found
  }
  const firstGroup = (found: RegExpExecArray | undefined) => found && (found[1] ?? found[2] ?? '')
  const skip = () => match(patterns.space)
  const brief = (whole: string, most: number) => (whole.length > most ? `${whole.slice(0, most)}...` : whole)
  return {
    done() {
      skip()
      return at === text.length
    },
    symbol(symbol) {
      skip()
      if (!text.startsWith(symbol, at)) return false
      at += symbol.length
      return true
    },
    word(wanted) {
      skip()
      const start = at
      if (match(patterns.word)?.[0].toUpperCase() === wanted) return true
      at = start
      return false
    },
    name() {
      skip()
      const inQuotes = firstGroup(match(patterns.quoted))
      if (inQuotes !== undefined) return { text: inQuotes, quoted: true }
      const word = match(patterns.word)?.[0]
      return word === undefined ? undefined : { text: word, quoted: false }
    },
    key: () => firstGroup(match(patterns.quoted)) ?? match(patterns.key)?.[0],
    text() {
      skip()
      return firstGroup(match(patterns.text))
    },
    number() {
      skip()
      const found = match(patterns.number)
      return found && Number(found[0])
    },
    here() {
      skip()
      return at === text.length ? 'its end' : `"${brief(text.slice(at), 30)}"`
    },
    refuse: (why) => new Fault('invalid', `${what} "${brief(text, 300)}" ${why}`),
  }
}
