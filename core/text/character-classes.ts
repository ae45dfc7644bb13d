const han = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u
const letterOrNumber = /[\p{L}\p{N}]/u
const decimalDigit = /\p{Nd}/u
const planeSize = 65_536

/** What a character is to a word scan: no part of a word, a letter or other number, a decimal digit, a word by itself. */
export const characterClass = { separator: 0, letter: 1, digit: 2, single: 3, surrogate: 4 } as const

/**
 * The 65,536 characters of one Unicode plane: their classes, and a code unit of their lower case: the first in plane 0, else the
 * second (the first never changes there).
 */
export interface PlaneTable {
  classes: Uint8Array
  lower: Uint16Array
}

const planes: (PlaneTable | undefined)[] = []

/** Plane 0..16. Built on first use (about 25 ms): ASCII texts never need one. */
export function planeTable(plane: number): PlaneTable {
  planes[plane] ??= buildTable(plane)
  return planes[plane]
}

function buildTable(plane: number): PlaneTable {
  const classes = new Uint8Array(planeSize)
  const lower = new Uint16Array(planeSize)
  for (let at = 0; at < planeSize; at++) {
    const point = plane * planeSize + at
    if (point >= 0xd800 && point <= 0xdfff) {
      classes[at] = characterClass.surrogate
      continue
    }
    const lowered = String.fromCodePoint(point).toLowerCase()
    lower[at] = lowered.charCodeAt(plane === 0 ? 0 : 1)
    classes[at] = classify(String.fromCodePoint(lowered.codePointAt(0)!))
  }
  return { classes, lower }
}

function classify(character: string): number {
  if (han.test(character)) return characterClass.single
  if (decimalDigit.test(character)) return characterClass.digit
  return letterOrNumber.test(character) ? characterClass.letter : characterClass.separator
}
