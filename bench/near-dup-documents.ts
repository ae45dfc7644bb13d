const vocabularySize = 50_000
const syllables =
  'ba be bi bo bu da de di do du ka ke ki ko ku la le li lo lu ma me mi mo mu na ne ni no nu ra re ri ro ru ta te ti'.split(
    ' ',
  )

/** Documents of `length` words whose ranks follow Zipf's law; one in ten is a copy of one before with words changed. */
export function createDocuments(seed: number, length: number): { next(): { text: string; copyOf: number | null } } {
  const random = xorshift(seed)
  const vocabulary = Array.from({ length: vocabularySize }, (_, rank) => wordOf(rank))
  const recent: { index: number; words: string[] }[] = []
  let index = 0
  const word = () => vocabulary[Math.floor(vocabularySize ** random()) - 1] ?? vocabulary[0]!
  return {
    next() {
      const from = recent[Math.floor(random() * recent.length)]
      const isCopy = from !== undefined && random() < 0.1
      const words = isCopy ? changed(from.words) : Array.from({ length }, word)
      if (!isCopy)
        recent[random() < 0.5 ? recent.length % 1_000 : Math.floor(random() * 1_000) % (recent.length + 1)] = {
          index,
          words,
        }
      index++
      return { text: punctuated(words), copyOf: isCopy ? from.index : null }
    },
  }

  /** One to three words changed, next to each other or apart, near an end or not: J from 0.80 to 1. */
  function changed(words: string[]): string[] {
    const copy = [...words]
    const first = Math.floor(random() * words.length)
    for (let n = Math.floor(random() * 4); n > 0; n--) {
      const at = random() < 0.3 ? (first + n) % words.length : Math.floor(random() * words.length)
      copy[at] = word()
    }
    return copy
  }
}

function wordOf(rank: number): string {
  let text = ''
  for (let rest = rank + 40; rest > 0; rest = Math.floor(rest / 40)) text += syllables[rest % 40]
  return text
}

/** A sentence every 12 words, a comma every 7. */
function punctuated(words: string[]): string {
  return words.map((word, at) => (at % 12 === 11 ? `${word}.` : at % 7 === 6 ? `${word},` : word)).join(' ')
}

function xorshift(seed: number): () => number {
  let state = seed | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
