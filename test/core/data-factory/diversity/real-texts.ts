import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { TrigramSource } from '../../../../core/data-factory/diversity/slice-divergences.ts'
import { countTrigrams, type Symbols, toSymbols } from '../../../../core/data-factory/diversity/trigram-counts.ts'
import { createScanner } from '../../../../core/text/scan-words.ts'

export interface MathProblem {
  problem: string
  solution: string
}

/** The MATH-500 problems; they lie beside GSM8K. */
export function math500(): MathProblem[] {
  const file = new URL('../../../../../shared/data/math500_test.json', import.meta.url)
  return JSON.parse(readFileSync(fileURLToPath(file), 'utf8')) as MathProblem[]
}

export function wordHashes(text: string): Uint32Array {
  const { hashes, count } = createScanner().scan(text)
  return hashes.slice(0, count)
}

export function trigramSource(texts: readonly string[]): TrigramSource {
  const symbols: Symbols = { units: new Uint16Array(8), length: 0, narrow: true }
  return {
    count: texts.length,
    addTo(counts, sample) {
      const { units, length } = toSymbols(texts[sample] ?? '', symbols)
      countTrigrams(units, 0, length, counts)
    },
  }
}
