import type { Normalise } from '../../../schemas/operators.ts'
import { repairMojibake } from './repair-mojibake.ts'

const lineEnds = /\r\n|[\r\v\f\u0085\u2028\u2029]/g
/** Controls, soft hyphen, marks and overrides of direction, zero-width blanks, BOM, joiners, invisible operators. */
const invisible = /[^\P{Cc}\t\n]|[\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u
const invisibles = new RegExp(invisible, 'gu')
/** A tag sequence of a flag (England, Scotland, Wales), or stray tags, which hide text. */
const tags = /\u{1f3f4}[\u{e0020}-\u{e007e}]+\u{e007f}|[\u{e0000}-\u{e007f}]/gu
const joiners = { nonJoiner: 0x200c, joiner: 0x200d }
const codeLine = /[=(){};\]]|:$|^(return|pass|raise|break|continue|yield|import|end)\b/

/**
 * A text in one form: mojibake read again, no invisible characters, `\n` as line end, one Unicode form, no blanks at line
 * ends, at most one empty line in a row, none around the text. The indentation of a first line of code stays. Applied
 * twice it is the same text as applied once.
 */
export function normaliseText(text: string, config: Normalise): string {
  if (isPlain(text)) return text
  let before: string
  let after = text
  // Ends: each further round is a repair, which makes the text shorter.
  do {
    before = after
    after = pass(before, config)
  } while (after !== before)
  return after
}

/** Nothing that any rule looks at. */
function isPlain(text: string): boolean {
  let blank = true
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x20 && code < 0x7f) blank = false
    else if (code === 0x20) {
      if (i === 0) return false
      blank = true
    } else if (code === 0x0a) {
      if (blank) return false
      // A second newline in a row is an empty line, a third one is too many, and none may end the text.
      if (text.charCodeAt(i + 1) === 0x0a) i++
      blank = true
    } else return false
  }
  return !blank
}

function pass(text: string, { mojibake, control_characters, unicode, whitespace }: Normalise): string {
  let result = text
  if (mojibake) result = repairMojibake(result)
  if (control_characters || whitespace) result = result.replace(lineEnds, '\n')
  if (control_characters) result = dropInvisible(result)
  if (unicode !== 'none') result = result.normalize(unicode)
  if (whitespace) result = tidyBlanks(result)
  return result
}

function dropInvisible(text: string): string {
  let result = text.toWellFormed()
  if (invisible.test(result)) {
    const source = result
    result = source.replace(invisibles, (character, at: number) => (joins(source, character, at) ? character : ''))
  }
  return result.includes('\udb40')
    ? result.replace(tags, (found) => (found.startsWith('\u{1f3f4}') ? found : ''))
    : result
}

/** Joiners mean something between letters of joining scripts (Arabic, Indic) and, U+200D, inside an emoji. */
function joins(text: string, character: string, at: number): boolean {
  const code = character.charCodeAt(0)
  if (code !== joiners.joiner && code !== joiners.nonJoiner) return false
  const [before, after] = [text.charCodeAt(at - 1), text.charCodeAt(at + 1)]
  if (inJoiningScript(before) && inJoiningScript(after)) return true
  return code === joiners.joiner && inEmoji(before) && inEmoji(after)
}

function inJoiningScript(code: number): boolean {
  return code >= 0x0600 && code < 0x1900
}

function inEmoji(code: number): boolean {
  return (code >= 0xd800 && code <= 0xdfff) || code === 0xfe0f || (code >= 0x2190 && code < 0x2c00)
}

function tidyBlanks(text: string): string {
  const lines: string[] = []
  for (const line of text.split('\n')) {
    const trimmed = line.trimEnd()
    // An empty line starts nothing and follows no empty line.
    if (trimmed !== '' || (lines.length > 0 && lines.at(-1) !== '')) lines.push(trimmed)
  }
  if (lines.at(-1) === '') lines.pop()
  const [first = ''] = lines
  const bare = first.trimStart()
  if (bare.length !== first.length && !isCode(first, bare, lines)) lines[0] = bare
  return lines.join('\n')
}

function isCode(first: string, bare: string, lines: string[]): boolean {
  if (!/^(\t| {2})/.test(first)) return false
  return codeLine.test(bare) || lines.some((line, i) => i > 0 && /^(\t| {2})/.test(line))
}
