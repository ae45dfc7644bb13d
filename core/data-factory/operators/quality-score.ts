import { createScanner, hashWord } from '../../text/scan-words.ts'

/** Each 0 (bad) to 1; the score is their product. */
export interface QualityParts {
  length: number
  letters: number
  word_length: number
  pronounceable: number
  function_words: number
  marks: number
  variety: number
  boilerplate: number
  ending: number
}

/** Words without which hardly any text of these languages is written; `code` holds those of programs. */
const functionWords = {
  en: 'the of and to in is that it for on with as at by from this be are was have has he she they his her you we i if how what many each not or do does did will can',
  de: 'der die das und ist nicht ein eine zu mit auf den von sich wie wir ich',
  fr: 'le la les un une et est que qui dans pour pas des du il elle sur nous vous je',
  es: 'el los las y es que en por con para una del se no su como',
  pt: 'o os as e um uma que em para com por do da se mais',
  it: 'il lo gli che di non per una sono del della si come',
  nl: 'de het een en van dat niet op te zijn met voor',
  other:
    'och att det som en er jeg ikke og ja on ei w na nie jest do a je se ve bir bu için và là của không cho dan yang di untuk',
  code: 'return def if else for while import from class function const let var int void true false null none print end',
}
const boilerplate = [
  'all rights reserved',
  'terms of service',
  'terms of use',
  'terms and conditions',
  'privacy policy',
  'cookie policy',
  'use of cookies',
  'uses cookies',
  'accept cookies',
  'click here',
  'sign up',
  'log in',
  'subscribe to our',
  'enable javascript',
  'javascript is disabled',
  'skip to content',
  'read more',
  'share this',
  'follow us',
  'add to cart',
  'powered by wordpress',
  'lorem ipsum',
]

const isFunctionWord = new Set(Object.values(functionWords).flatMap((list) => list.split(' ').map(hashWord)))
const boilerplateByFirst = new Map<number, number[][]>()
for (const phrase of boilerplate) {
  const [first = 0, ...rest] = phrase.split(' ').map(hashWord)
  boilerplateByFirst.set(first, [...(boilerplateByFirst.get(first) ?? []), rest])
}

/** Tells most words that are in neither list without looking them up. */
const listedMask = 0xffff
const listed = new Uint8Array(listedMask + 1)
for (const hash of [...isFunctionWord, ...boilerplateByFirst.keys()]) listed[hash & listedMask] = 1

const letter = { vowel: 1, consonant: 2, capital: 4, digit: 8 } as const
const ascii = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  if (/[0-9]/.test(character)) return letter.digit
  if (!/[a-z]/i.test(character)) return 0
  const sound = /[aeiouy]/i.test(character) ? letter.vowel : letter.consonant
  return /[A-Z]/.test(character) ? sound | letter.capital : sound
})
const ending = /[.!?。！？…)\]}>"'”’`$:;|」』）0-9]$/
const scanner = createScanner()
let seen = new Uint32Array(0)

/**
 * How much a text is like one that somebody wrote for readers, 0..1. Cheap signs in the manner of the filters of Gopher
 * (Rae et al., 2021) and C4 (Raffel et al., 2020). Signs that hold for Latin letters only are 1 for other scripts.
 */
export function qualityScore(text: string): { score: number; parts: QualityParts } {
  const scan = scanner.scan(text)
  const { count, starts, ends, hashes } = scan
  let inWords = 0
  let latin = 0
  let latinLetters = 0
  let judged = 0
  let strange = 0
  let functional = 0
  let stock = 0
  for (let i = 0; i < count; i++) {
    const start = starts[i]!
    const end = ends[i]!
    inWords += end - start
    const hash = hashes[i]!
    if (listed[hash & listedMask] === 1) {
      if (isFunctionWord.has(hash)) functional++
      if (boilerplateByFirst.has(hash) && isStock(hashes, i, count)) stock++
    }
    const sound = pronounce(text, start, end)
    if (sound === notLatin) continue
    latin++
    latinLetters += end - start
    if (end - start < 3 || sound === notJudged || text.charCodeAt(start - 1) === backslash) continue
    judged++
    if (sound === unpronounceable) strange++
  }

  const { visible, marks } = countMarks(text)
  const meanLength = latin === 0 ? 5 : latinLetters / latin
  const mostlyLatin = latin >= 8 && latin * 2 > count
  const parts: QualityParts = {
    length: 0.4 + 0.6 * Math.min(1, count / 8),
    letters: rising(visible === 0 ? 0 : inWords / visible, 0.2, 0.4),
    word_length: (latin < 4 ? 1 : rising(meanLength, 0.9, 1.6)) * (1 - rising(meanLength, 12, 24)),
    pronounceable: judged < 3 ? 1 : 1 - rising(strange / judged, 0.2, 0.5),
    function_words: mostlyLatin ? 0.3 + 0.7 * rising(functional / latin, 0, 0.04) : 1,
    marks: 1 - 0.8 * rising(marks / Math.max(8, count), 0.15, 0.6),
    variety: count < 12 ? 1 : rising(distinct(hashes, count) / count ** 0.6, 0.25, 1),
    boilerplate: 1 - 0.85 * rising((stock * 100) / Math.max(60, count), 0.8, 3.4),
    ending: ending.test(text.trimEnd().slice(-1)) ? 1 : 0.9,
  }
  return { score: Object.values(parts).reduce((product, part) => product * part, 1), parts }
}

const notLatin = 0
const pronounceable = 1
const unpronounceable = 2
const notJudged = 3
/** Before a command of LaTeX. */
const backslash = 0x5c

/** Whether an ASCII word has a vowel, no five consonants, no four equal letters, and no digits strewn in. */
function pronounce(text: string, start: number, end: number): number {
  let vowels = 0
  let run = 0
  let equal = 1
  let capitals = 0
  let digits = 0
  let changes = 0
  let strange = false
  let before = 0
  let wasDigit = false
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at)
    const kind = code < 128 ? ascii[code]! : 0
    if (kind === 0) return notLatin
    const isDigit = kind === letter.digit
    if (at > start && isDigit !== wasDigit) changes++
    wasDigit = isDigit
    if (isDigit) {
      digits++
      continue
    }
    if (kind & letter.capital) capitals++
    if (kind & letter.vowel) {
      vowels++
      run = 0
    } else if (++run >= 5) strange = true
    equal = (code | 32) === before ? equal + 1 : 1
    if (equal >= 4) strange = true
    before = code | 32
  }
  const length = end - start
  if (digits === length) return notLatin
  if (digits > 0) return changes > 1 || vowels === 0 ? unpronounceable : notJudged
  if (length < 4 || (capitals === length && length <= 6)) return notJudged
  return vowels > 0 && !strange ? pronounceable : unpronounceable
}

function isStock(hashes: Uint32Array, at: number, count: number): boolean {
  const phrases = boilerplateByFirst.get(hashes[at]!) ?? []
  return phrases.some((rest) => at + rest.length < count && rest.every((hash, k) => hashes[at + 1 + k] === hash))
}

/** Visible characters, and runs of `#`, `|`, `~`, `…`, bullets and the like. */
function countMarks(text: string): { visible: number; marks: number } {
  let visible = 0
  let marks = 0
  let inRun = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code <= 0x20 || code === 0xa0 || code === 0x3000) continue
    visible++
    const isMark =
      code === 0x23 || code === 0x7c || code === 0x7e || code === 0x2026 || (code >= 0x2022 && code <= 0x2023)
    if (isMark && inRun !== code) marks++
    inRun = isMark ? code : 0
  }
  return { visible, marks }
}

/** Different words, by their hashes. */
function distinct(hashes: Uint32Array, count: number): number {
  const size = 2 ** Math.ceil(Math.log2(count * 2))
  if (seen.length < size) seen = new Uint32Array(size)
  else seen.fill(0, 0, size)
  let different = 0
  for (let i = 0; i < count; i++) {
    const hash = hashes[i]! || 1
    let slot = hash & (size - 1)
    while (seen[slot] !== 0 && seen[slot] !== hash) slot = (slot + 1) & (size - 1)
    if (seen[slot] === 0) {
      seen[slot] = hash
      different++
    }
  }
  return different
}

/** 0 up to `from`, 1 from `to` on, linear between. */
function rising(value: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)))
}
