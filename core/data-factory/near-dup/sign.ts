import { createScanner } from '../../text/scan-words.ts'
import { createNormalizer, exactKey, normalizeText } from './exact-key.ts'
import { createMinhash, laneCount } from './minhash.ts'
import { createHashSorter } from './sort-hashes.ts'

export const bandCount = 16
const rowsPerBand = laneCount / bandCount
const shingleWords = 5

/** What one text is compared by. */
export interface Signature {
  /** 16 bytes: equal for texts that are equal after `normalizeText`. */
  exact: Uint8Array
  /** 16 hashes (u32): two texts of Jaccard J share at least one with probability 1 - (1 - J^8)^16. */
  bands: Uint32Array
  /** Distinct hashes (u32) of the word 5-grams, ascending. Fewer than 5 words are one shingle, no word none. */
  shingles: Uint32Array
}

/** Signatures of many texts, in buffers that can be transferred to another thread. */
export interface SignedBatch {
  rows: number
  /** 16 bytes a row. */
  exact: Uint8Array
  /** 16 a row. */
  bands: Uint32Array
  /** Of all rows, one after the other, ascending within a row. */
  shingles: Uint32Array
  /** Exclusive end of each row in `shingles`. */
  shingleEnds: Uint32Array
}

/** `skipPrefix`: a preamble that many rows share, whose words make no shingles where a text begins with it. */
export interface Signer {
  sign(text: string, skipPrefix?: string): Signature
  /** `skipPrefixes[n]` belongs to `texts[n]`. */
  signBatch(texts: readonly string[], skipPrefixes?: readonly (string | undefined)[]): SignedBatch
}

/** Signs texts for `createClusterer`. One signer serves one thread. */
export function createSigner(options: { kernel?: 'simd' | 'scalar' } = {}): Signer {
  const scanner = createScanner()
  const minhash = createMinhash(options.kernel)
  const normalize = createNormalizer()
  const sortHashes = createHashSorter()
  const minima = new Uint32Array(laneCount)
  const skips = new Map<string, { bytes: Uint8Array; words: number }>()
  let shingles = new Uint32Array(65_536)

  return {
    sign(text, skipPrefix) {
      const { exact, bands, shingles: set } = sign([text], [skipPrefix])
      return { exact, bands, shingles: set }
    },
    signBatch: sign,
  }

  function sign(texts: readonly string[], skipPrefixes: readonly (string | undefined)[] = []): SignedBatch {
    const rows = texts.length
    const exact = new Uint8Array(16 * rows)
    const bands = new Uint32Array(bandCount * rows)
    const shingleEnds = new Uint32Array(rows)
    let end = 0
    for (let row = 0; row < rows; row++) {
      const text = texts[row]!
      const { bytes: normalized, ascii } = normalize(text)
      exact.set(exactKey(normalized), 16 * row)
      const start = end
      end = addShingles(ascii ? text : text.normalize('NFKC'), skippedWords(normalized, skipPrefixes[row]), start)
      shingleEnds[row] = end
      minhash(shingles, start, end, minima)
      addBands(minima, bands, bandCount * row)
    }
    return { rows, exact, bands, shingles: shingles.slice(0, end), shingleEnds }
  }

  /** Rows that are equal after normalising get the same shingles, so that either stands for both. */
  function addShingles(text: string, skip: number, start: number): number {
    const { hashes, count } = scanner.scan(text)
    const made = count <= skip ? 0 : Math.max(1, count - skip - shingleWords + 1)
    if (start + made > shingles.length) {
      const wider = new Uint32Array(2 * (start + made))
      wider.set(shingles.subarray(0, start))
      shingles = wider
    }
    for (let n = 0; n < made; n++)
      shingles[start + n] = shingleHash(hashes, skip + n, Math.min(skip + n + shingleWords, count))
    return sortHashes(shingles, start, start + made)
  }

  function skippedWords(normalized: Uint8Array, prefix: string | undefined): number {
    if (prefix === undefined || prefix === '') return 0
    let skip = skips.get(prefix)
    if (skip === undefined) {
      const text = normalizeText(prefix)
      skip = { bytes: new TextEncoder().encode(text), words: scanner.scan(text).count }
      if (skips.size >= 1_000) skips.clear()
      skips.set(prefix, skip)
    }
    return beginsWith(normalized, skip.bytes) ? skip.words : 0
  }
}

/** Order counts; both words and places mix. */
function shingleHash(words: Uint32Array, from: number, to: number): number {
  let hash = to - from
  for (let at = from; at < to; at++) hash = Math.imul(((hash << 13) | (hash >>> 19)) ^ words[at]!, 0x9e3779b1)
  return mix(hash)
}

function addBands(minima: Uint32Array, bands: Uint32Array, at: number): void {
  for (let band = 0; band < bandCount; band++) {
    let hash = band
    for (let lane = band * rowsPerBand; lane < (band + 1) * rowsPerBand; lane++)
      hash = Math.imul(((hash << 15) | (hash >>> 17)) ^ minima[lane]!, 0xcc9e2d51)
    bands[at + band] = mix(hash)
  }
}

function mix(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

function beginsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  if (bytes.length < prefix.length) return false
  for (let at = 0; at < prefix.length; at++) if (bytes[at] !== prefix[at]) return false
  return true
}
