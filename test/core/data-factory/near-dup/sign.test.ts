import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createNormalizer, normalizeText } from '../../../../core/data-factory/near-dup/exact-key.ts'
import { atLeast } from '../../../../core/data-factory/near-dup/jaccard.ts'
import { createMinhash } from '../../../../core/data-factory/near-dup/minhash.ts'
import { createSigner } from '../../../../core/data-factory/near-dup/sign.ts'
import { kernelModule } from '../../../../scripts/build-minhash-kernel.ts'
import { documents, shingleSet } from './documents.ts'

const signer = createSigner()
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: fc.constantFrom(...'aB \t\n7.é中ﬁÅ '), maxLength: 80 }),
)

describe('the MinHash kernel', () => {
  it('is what the script builds', async () => {
    const path = new URL('../../../../core/data-factory/near-dup/minhash-kernel.ts', import.meta.url)
    expect(await readFile(path, 'utf8')).toBe(await kernelModule())
  })

  it('finds the same 128 minima as plain arithmetic', () => {
    const minima = [new Uint32Array(128), new Uint32Array(128)] as const
    const check = (shingles: Uint32Array, from: number, to: number) => {
      createMinhash('simd')(shingles, from, to, minima[0])
      createMinhash('scalar')(shingles, from, to, minima[1])
      expect(minima[0]).toEqual(minima[1])
    }
    fc.assert(
      fc.property(fc.uint32Array({ maxLength: 300 }), fc.nat(20), (shingles, from) => {
        check(shingles, Math.min(from, shingles.length), shingles.length)
      }),
      { numRuns: 300, seed: 1 },
    )
    // More than the memory of the kernel holds at once, with the smallest values in the last part.
    check(
      Uint32Array.from({ length: 150_000 }, (_, n) => Math.imul(n, 2654435761)),
      0,
      150_000,
    )
    expect(minima[1][0]).toBeLessThan(2 ** 32 / 20_000)
    check(new Uint32Array(), 0, 0)
    expect(new Set(minima[0])).toEqual(new Set([0xffffffff]))
  })

  it('runs as WebAssembly here, so that the test above compares two things', () => {
    expect(createMinhash('simd')).not.toBe(createMinhash('scalar'))
  })
})

describe('a signature', () => {
  it('has the SHA-256 of the normalised text as its exact key', () => {
    const normalize = createNormalizer()
    fc.assert(
      fc.property(text, (given) => {
        const normalized = given.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()
        expect(normalizeText(given)).toBe(normalized)
        expect(Buffer.from(normalize(given).bytes).toString()).toBe(Buffer.from(normalized).toString())
        const key = createHash('sha256').update(normalized).digest().subarray(0, 16)
        expect(Buffer.from(signer.sign(given).exact)).toEqual(key)
      }),
      { numRuns: 2_000, seed: 1 },
    )
  })

  it('has one shingle for each distinct run of 5 words, ascending; one for fewer words, none for no word', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 40 }).map((each) => each.join(' ')),
        ),
        (given) => {
          const { shingles } = signer.sign(given)
          expect(shingles.length).toBe(shingleSet(given).size)
          expect([...shingles]).toEqual([...new Set(shingles)].sort((a, b) => a - b))
        },
      ),
      { numRuns: 2_000, seed: 2 },
    )
    expect(signer.sign('two words').shingles).toEqual(signer.sign('Two, WORDS!').shingles)
    expect(signer.sign('two words').shingles).not.toEqual(signer.sign('words two').shingles)
  })

  it('has the same shingles for texts that are equal when normalised', () => {
    const pairs = [
      ['ﬁne  Å text of some words here', 'FINE Å text of some words here'],
      ['１２ Ｗords', '12 words'],
    ] as const
    for (const [a, b] of pairs) {
      expect(signer.sign(a).exact).toEqual(signer.sign(b).exact)
      expect(signer.sign(a).shingles).toEqual(signer.sign(b).shingles)
    }
  })

  it('leaves out the words of a preamble, where the text begins with it', () => {
    const preamble = 'You are a careful assistant. Answer in one line. '
    const own = 'What is the capital of the country north of here?'
    expect(signer.sign(preamble + own, preamble).shingles).toEqual(signer.sign(own).shingles)
    expect(signer.sign(preamble.toUpperCase() + own, preamble).shingles).toEqual(signer.sign(own).shingles)
    expect(signer.sign(own, preamble)).toEqual(signer.sign(own))
    expect(signer.sign(preamble + own, preamble).exact).toEqual(signer.sign(preamble + own).exact)
    expect(signer.sign(preamble, preamble).shingles.length).toBe(0)
    const batch = signer.signBatch([own, preamble + own, preamble + own], [preamble, undefined, preamble])
    const size = signer.sign(own).shingles.length
    expect([...batch.shingleEnds]).toEqual([
      size,
      size + signer.sign(preamble + own).shingles.length,
      batch.shingles.length,
    ])
  })

  it('is the same alone, in a batch and by either kernel', () => {
    const texts = [...documents(1, 60, 30), '', 'one', 'é '.repeat(20_000), 'a b c '.repeat(60_000)]
    const batch = signer.signBatch(texts)
    expect(createSigner({ kernel: 'scalar' }).signBatch(texts)).toEqual(batch)
    for (const [row, given] of texts.entries()) {
      const start = row === 0 ? 0 : batch.shingleEnds[row - 1]!
      expect(signer.sign(given)).toEqual({
        exact: batch.exact.slice(16 * row, 16 * row + 16),
        bands: batch.bands.slice(16 * row, 16 * row + 16),
        shingles: batch.shingles.slice(start, batch.shingleEnds[row]),
      })
    }
  })
})

describe('the similarity of two sets', () => {
  it('is common / union, and reaches a threshold exactly when that division does', () => {
    const set = fc.uniqueArray(fc.nat(40), { maxLength: 30 }).map((each) => Uint32Array.from(each).sort())
    fc.assert(
      fc.property(
        set,
        set,
        fc.oneof(fc.double({ min: 0.01, max: 1, noNaN: true }), fc.constantFrom(0.5, 0.8, 0.85)),
        (a, b, limit) => {
          const common = a.filter((each) => b.includes(each)).length
          const similarity = common / (a.length + b.length - common)
          const range = (words: Uint32Array) => ({ words, start: 0, end: words.length })
          expect(atLeast(range(a), range(b), limit)).toBe(similarity >= limit ? similarity : undefined)
          if (common > 0) expect(atLeast(range(a), range(b), similarity)).toBe(similarity)
        },
      ),
      { numRuns: 5_000, seed: 1 },
    )
  })
})
