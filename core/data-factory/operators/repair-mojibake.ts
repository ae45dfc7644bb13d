/** The 27 characters that Windows-1252 has in 0x80..0x9f; the other five bytes stand for the C1 control of that number. */
const windows1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'
const byteOf = new Map([...windows1252].map((character, i) => [character.charCodeAt(0), 0x80 + i]))
for (let code = 0x80; code <= 0xff; code++) if (!byteOf.has(code)) byteOf.set(code, code)

const tail = `[\\x80-\\xbf${windows1252.replace(/[\x80-\xff]/g, '')}]`
const suspicious = new RegExp(`[\\xc2-\\xf4]${tail}`)
const runs = new RegExp(`[\\x80-\\xff${windows1252.replace(/[\x80-\xff]/g, '')}]+`, 'g')
/** What may follow a letter in correct text: closing marks, and letters. */
const natural = /[’‘”“…–—»\xa0™®°·²³ºªŠŒŽšœžŸ]/
const latinOrSign = /^[\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]+$/u
const sameScript = ['Cyrillic', 'Greek', 'Han', 'Hiragana', 'Katakana', 'Hangul', 'Hebrew', 'Arabic', 'Thai']
const unassigned = /[\p{Cn}\p{Co}]/u

interface Run {
  at: number
  source: string
  /** As UTF-8, or null when it is not. */
  read: string | null
  strong: boolean
}

/**
 * UTF-8 that was read as Windows-1252 or Latin-1, read again, once: runs of characters beyond ASCII whose bytes are valid
 * UTF-8 and that no correct text is likely to hold. Weak runs (`Ã” ` may be correct) follow when every other run of the
 * text can be read so too and one of them is strong. Text about mojibake is taken for mojibake.
 */
export function repairMojibake(text: string): string {
  if (!suspicious.test(text)) return text
  const found = [...text.matchAll(runs)].map((match) => judge(text, match[0], match.index))
  if (!found.some(({ strong }) => strong)) return text
  const all = found.every(({ read }) => read !== null)
  let result = ''
  let end = 0
  for (const { at, source, read, strong } of found) {
    result += text.slice(end, at) + (read !== null && (all || strong) ? read : source)
    end = at + source.length
  }
  return result + text.slice(end)
}

function judge(text: string, source: string, at: number): Run {
  const read = readAsUtf8(source)
  const strong = read !== null && isStrong(text, source, read, at)
  return { at, source, read, strong }
}

function isStrong(text: string, source: string, read: string, at: number): boolean {
  // A control character is likely only where the result is mojibake again.
  if (unassigned.test(read) || (/\p{Cc}/u.test(read) && !suspicious.test(read))) return false
  const before = text.charAt(at - 1)
  const after = text.charAt(at + source.length)
  const tails = [...source].filter(isTail)
  if (latinOrSign.test(read)) {
    if (isRare(read)) return false
    return tails.some((character) => !natural.test(character)) || isMisplaced(source, read, before, after)
  }
  // One letter of another script in a Latin word is more likely an accent and a quote mark; `×½` is not Hebrew.
  const letters = read.match(/[\p{L}\p{M}]/gu) ?? []
  const inLatinWord = /[A-Za-z]/.test(before) || /[A-Za-z]/.test(after)
  const weird = tails.some((character) => !natural.test(character))
  if (inLatinWord || !weird) return letters.length >= 3 && isUniform(letters)
  if (letters.length >= 2) return letters.some((letter) => /\p{L}/u.test(letter))
  return source.length >= 3 && !tails.some((character) => natural.test(character))
}

function isTail(character: string): boolean {
  const byte = byteOf.get(character.charCodeAt(0))
  return byte !== undefined && byte < 0xc0
}

/** IPA, modifier letters and combining marks: seldom what was meant. */
function isRare(read: string): boolean {
  return [...read].every((character) => character >= '\u0250' && character <= '\u036f')
}

/** `sÃ”r`: a capital after a small letter, or a mark inside a word; `Â°` and `Ã ` hold letters that end no word. */
function isMisplaced(source: string, read: string, before: string, after: string): boolean {
  if (/[\u0180-\u1fff]/.test(read) || /\p{Lu}/u.test(before)) return false
  const lead = source.charAt(0)
  if (lead === 'Â' || lead === 'Ã') return true
  if (/\p{Lu}/u.test(lead) && /\p{Ll}/u.test(before)) return true
  return /\p{L}/u.test(after) && !/[’\p{L}]/u.test(source.slice(-1))
}

function isUniform(letters: string[]): boolean {
  return sameScript.some((script) => {
    const pattern = new RegExp(`^[\\p{Script=${script}}\\p{Script=Common}\\p{Script=Inherited}]+$`, 'u')
    return letters.length > 0 && pattern.test(letters.join(''))
  })
}

/** Strict: no overlong form, no surrogate, nothing above U+10FFFF. null when the bytes are not UTF-8. */
function readAsUtf8(source: string): string | null {
  let read = ''
  let i = 0
  while (i < source.length) {
    const lead = byteOf.get(source.charCodeAt(i)) ?? 0
    const width = lead >= 0xf0 && lead <= 0xf4 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0
    if (width === 0 || lead > 0xf4) return null
    let code = lead & (0xff >> (width + 1))
    for (let k = 1; k < width; k++) {
      const byte = byteOf.get(source.charCodeAt(i + k)) ?? 0
      if ((byte & 0xc0) !== 0x80) return null
      code = (code << 6) | (byte & 0x3f)
    }
    const least = width === 2 ? 0x80 : width === 3 ? 0x800 : 0x10000
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return null
    read += String.fromCodePoint(code)
    i += width
  }
  return read
}
