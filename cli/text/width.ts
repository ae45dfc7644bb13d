import { stripVTControlCharacters } from 'node:util'

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
const zero = /[\p{M}\u200b-\u200f\u2060\ufeff]/u
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const control = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/
const everyControl = new RegExp(control, 'g')

/** Terminal columns of unpainted text. */
export function width(text: string): number {
  let sum = 0
  for (const character of text) sum += columnsOf(character)
  return sum
}

/** At most `columns` wide; what is cut ends in an ellipsis. */
export function truncate(text: string, columns: number): string {
  if (width(text) <= columns) return text
  let kept = ''
  let left = columns - 1
  for (const character of text) {
    left -= columnsOf(character)
    if (left < 0) break
    kept += character
  }
  return columns < 1 ? '' : `${kept}…`
}

export function pad(text: string, columns: number, right = false): string {
  const space = ' '.repeat(Math.max(0, columns - width(text)))
  return right ? space + text : text + space
}

/** Words on lines of at most `columns`, each after `indent` spaces; a word that is too long keeps a line of its own. */
export function wrap(text: string, columns: number, indent: number): string[] {
  const lines: string[] = []
  for (const paragraph of text.split('\n')) {
    let line = ''
    for (const word of paragraph.split(/[ \t]+/)) {
      if (line !== '' && indent + width(line) + 1 + width(word) > columns) {
        lines.push(line)
        line = word
      } else line = line === '' ? word : `${line} ${word}`
    }
    lines.push(line)
  }
  return lines.map((line) => ' '.repeat(indent) + line)
}

/** Text that cannot drive the terminal: escape sequences removed, other control characters but newline and tab shown as \xNN. */
export function visible(text: string): string {
  if (!control.test(text)) return text
  const bare = stripVTControlCharacters(text).replaceAll(/\r\n?/g, '\n')
  return bare.replaceAll(everyControl, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

function columnsOf(character: string): number {
  if (zero.test(character)) return 0
  return wide.test(character) ? 2 : 1
}
