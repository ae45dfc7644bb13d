import { isPlainEnglish } from './plain-english.ts'

/** ISO 639-1 code, or null when there is nothing to tell from; unreliable when two languages are about as likely. */
export interface DetectedLanguage {
  code: string | null
  reliable: boolean
}
export type DetectLanguage = (text: string) => DetectedLanguage

/** More text makes it slower and not more certain. */
const enough = 200
/** Where code or formulas come first, prose may begin later. */
const searched = 3000

const fences = /```[\s\S]*?(?:```|$)|`[^`\n]{0,200}`/g
const formulas =
  /\$\$[^$]{0,1000}\$\$|\$[^$\n]{0,300}\$|\\\[[\s\S]{0,1000}?\\\]|\\\([^\n]{0,300}?\\\)|\\[a-zA-Z]+(?:\{[^{}\n]{0,80}\})?/g
const links = /https?:\/\/\S{1,300}/g
const noProse = /[0-9_<>{}[\]()|#*=+\\/^~@&%"]+/g

/**
 * Loads the n-grams (`small` set of eld: 45 MB of heap, about 150 MB resident for each thread; the larger sets agree with
 * it on texts of a sentence or more) and hands out the detector. Pure: the same text has the same language.
 */
export async function createLanguageDetector(): Promise<DetectLanguage> {
  const { eld } = await import('eld/small')
  return (text) => {
    if (isPlainEnglish(text)) return { code: 'en', reliable: true }
    const result = eld.detect(text)
    return result.language === ''
      ? { code: null, reliable: false }
      : { code: result.language, reliable: result.isReliable() }
  }
}

/** The first 200 characters of a text that are neither code, formula, link, digit nor bracket. */
export function prose(text: string): string {
  let head = text.length > searched ? text.slice(0, searched) : text
  if (head.includes('`')) head = head.replace(fences, ' ')
  if (head.includes('$') || head.includes('\\')) head = head.replace(formulas, ' ')
  if (head.length > enough * 2) head = head.slice(0, enough * 2)
  if (head.includes('://')) head = head.replace(links, ' ')
  return head.replace(noProse, ' ').trim().slice(0, enough)
}
