import type { Measure } from './measure.ts'
import { createPairSet } from './pair-set.ts'

export const distinct2Definition = 'distinct2/1'
export const windowWords = 1000

export interface Distinct2 extends Measure {
  words: number
  windows: number
  /** Different bigrams / bigrams within the samples, over all of them; falls with the size of the pool. */
  corpus: number | null
  /** Mean over samples of two words or more. */
  perSample: number | null
  /** Expectation-adjusted: N / (V (1 - ((V - 1) / V)^C)), N different of C bigrams, V = the square of the vocabulary. */
  ead: number | null
  sampled: boolean
}

/**
 * Mean over windows of 1,000 words of different bigrams / bigrams, the samples joined in the order given: shuffle them first. Words
 * are `hashWord` values; two words with one hash count as one. Bigrams of a window may cross the border of samples.
 */
export function measureDistinct2(samples: Iterable<Uint32Array>, sampled = false): Distinct2 {
  const window = createPairSet(windowWords)
  const own = createPairSet(256)
  const corpus = createPairSet(1 << 16)
  const vocabulary = createPairSet(1 << 12)
  let [n, words, bigrams, windows, windowSum, inWindow, perSampleSum, perSampleCount, last] = [
    0, 0, 0, 0, 0, 0, 0, 0, 0,
  ]

  for (const sample of samples) {
    own.clear()
    for (let at = 0; at < sample.length; at++) {
      const word = sample[at]!
      vocabulary.add(word, 0)
      if (at > 0) {
        corpus.add(last, word)
        own.add(last, word)
      }
      if (inWindow > 0) window.add(last, word)
      last = word
      words++
      if (++inWindow < windowWords) continue
      windowSum += window.size / (windowWords - 1)
      windows++
      inWindow = 0
      window.clear()
    }
    n++
    if (sample.length < 2) continue
    bigrams += sample.length - 1
    perSampleSum += own.size / (sample.length - 1)
    perSampleCount++
  }

  const flags = sampled ? ['sampled'] : []
  if (words < windowWords) flags.push('fewer_words_than_a_window')
  return {
    value: windows > 0 ? windowSum / windows : share(window.size, inWindow - 1),
    n,
    definition: distinct2Definition,
    flags,
    words,
    windows: windows > 0 || words < 2 ? windows : 1,
    corpus: share(corpus.size, bigrams),
    perSample: share(perSampleSum, perSampleCount),
    ead: expectationAdjusted(corpus.size, bigrams, vocabulary.size ** 2),
    sampled,
  }
}

function share(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null
}

/** Liu, Sabour, Zheng, Ke, Zhu, Huang: Rethinking and Refining the Distinct Metric, ACL 2022. */
function expectationAdjusted(different: number, drawn: number, possible: number): number | null {
  if (drawn <= 0) return null
  return possible === 1 ? different : different / (possible * -Math.expm1(drawn * Math.log1p(-1 / possible)))
}
