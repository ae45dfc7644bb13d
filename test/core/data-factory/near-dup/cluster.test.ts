import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createClusterer } from '../../../../core/data-factory/near-dup/cluster.ts'
import { createMemoryScratch } from '../../../support/memory-scratch.ts'
import { cluster, clustersByDefinition, documents, jaccardOfTexts, seeded } from './documents.ts'

const shuffled = (rows: number, seed: number) => {
  const random = seeded(seed)
  return Array.from({ length: rows }, (_, row) => ({ row, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ row }) => row)
}

/** Documents of one template: `length` words, of which the one in the middle is their own. */
const template = (rows: number, length: number) => {
  const common = Array.from({ length }, (_, n) => `t${n}`)
  return Array.from({ length: rows }, (_, n) => common.with(length >> 1, `own${n}`).join(' '))
}

/** Pairs with J = 0.90 (place 80) in a template whose other rows are at 0.74: which of a bucket meet is a matter of order. */
const clumps = (rows: number) => {
  const common = Array.from({ length: 100 }, (_, n) => `c${n}`)
  return Array.from({ length: rows }, (_, n) => {
    const clump = n % (rows / 2)
    return common.with(20, `a${clump}`).with(50, `b${clump}`).with(80, `own${n}`).join(' ')
  })
}

describe('near-duplicate clusters', () => {
  it('are the components over similar pairs of one bucket, and equal texts', async () => {
    for (const seed of [1, 2, 3]) {
      const texts = [
        ...documents(seed, 150, 80),
        ...documents(seed, 5, 80),
        'Hello  World',
        'hello world',
        '!!',
        '??',
        '',
        ' ',
      ]
      const found = await cluster(texts, { maxComparisonsPerBucket: 1_000_000 })
      expect([...found.clusterOf]).toEqual(clustersByDefinition(texts, 0.85))
      expect(found.skipped).toBe(0)
      expect(found.nearDuplicates).toBeGreaterThan(10)
      expect(found.rows).toBe(texts.length)
    }
  })

  it('are decided on the exact similarity: at the threshold yes, one step below no', async () => {
    // One changed word in the middle of n: J = (n - 9) / (n + 1).
    const texts = template(40, 60)
    const similarity = jaccardOfTexts(texts[0]!, texts[1]!)
    expect(similarity).toBe(51 / 61)
    const at = await cluster(texts, { threshold: similarity })
    expect(new Set(at.clusterOf)).toEqual(new Set([0]))
    expect(at.pairs.every(({ jaccard }) => jaccard === similarity)).toBe(true)
    expect(at.pairs.length).toBe(20)
    expect(at.lowestToKept).toBe(similarity)
    const above = await cluster(texts, { threshold: similarity + 1e-12, maxComparisonsPerBucket: 1_000_000 })
    expect(new Set(above.clusterOf).size).toBe(40)
    expect(above.comparisons).toBeGreaterThan(100)
    expect(above.pairs).toEqual([])
  })

  it('are the same whatever the batches', async () => {
    const texts = documents(5, 120, 30)
    const once = await cluster(texts, { batch: texts.length })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), async (batch) => {
        expect(await cluster(texts, { batch })).toEqual(once)
      }),
      { numRuns: 12, seed: 1 },
    )
  })

  it('put the same rows together in another order, the cap included', async () => {
    const texts = [...clumps(200), ...template(80, 60), ...template(80, 70), ...documents(6, 80, 30)]
    for (const cap of [3, 64]) {
      const found = await cluster(texts, { maxComparisonsPerBucket: cap })
      expect(found.skipped).toBeGreaterThan(0)
      const groups = (clusterOf: Uint32Array, order: number[]) => {
        const members = new Map<number, number[]>()
        for (const [place, row] of order.entries())
          members.set(clusterOf[place]!, [...(members.get(clusterOf[place]!) ?? []), row])
        return [...members.values()].map((rows) => rows.sort((a, b) => a - b).join(' ')).sort()
      }
      const expected = groups(found.clusterOf, [...texts.keys()])
      for (const seed of [1, 2, 3]) {
        const order = shuffled(texts.length, seed)
        const other = await cluster(
          order.map((row) => texts[row]!),
          { maxComparisonsPerBucket: cap },
        )
        expect(groups(other.clusterOf, order)).toEqual(expected)
        expect(other.skipped).toBe(found.skipped)
      }
    }
  })

  it('count exact duplicates apart, and never compare them', async () => {
    const found = await cluster([
      'One text, said twice.',
      'one  TEXT, said\ntwice.',
      'Another.',
      'One text, said twice.',
    ])
    expect([...found.clusterOf]).toEqual([0, 0, 2, 0])
    expect(found).toMatchObject({ exactDuplicates: 2, nearDuplicates: 0, comparisons: 0, lowestToKept: 1 })
  })

  it('link rows that are not similar themselves, and say how far they are from the row that is kept', async () => {
    const base = Array.from({ length: 150 }, (_, n) => `w${n}`)
    const changed = (...places: number[]) => base.map((word, at) => (places.includes(at) ? `x${at}` : word)).join(' ')
    const texts = [changed(), changed(30), changed(30, 70), changed(30, 70, 110)]
    const found = await cluster(texts, { threshold: 0.9 })
    expect([...found.clusterOf]).toEqual([0, 0, 0, 0])
    expect(found.lowestToKept).toBe(jaccardOfTexts(texts[0]!, texts[3]!))
    expect(found.lowestToKept).toBeLessThan(0.9)
  })

  it('leave a bucket after the cap and count what they did not compare', async () => {
    const texts = template(200, 60)
    const all = await cluster(texts, { maxComparisonsPerBucket: 1_000_000 })
    const capped = await cluster(texts)
    expect(all.skipped).toBe(0)
    expect(capped.comparisons).toBeLessThanOrEqual(16 * 64)
    expect(capped.comparisons + capped.skipped).toBe(all.comparisons)
    const joined = await cluster(template(200, 80))
    expect(joined.skipped).toBe(0)
    expect(joined.comparisons).toBeLessThanOrEqual(16 * 64 + 199)
    expect(joined.nearDuplicates).toBe(199)
  })

  it('refuse options that mean nothing', async () => {
    const space = await createMemoryScratch().open()
    for (const threshold of [0, -1, 1.01, Number.NaN])
      expect(() => createClusterer(space, { threshold })).toThrow(/threshold .* must be above 0, at most 1/)
    for (const maxComparisonsPerBucket of [0, 1.5, Number.NaN])
      expect(() => createClusterer(space, { threshold: 0.9, maxComparisonsPerBucket })).toThrow(/positive integer/)
    expect(await createClusterer(space, { threshold: 0.9 }).finish()).toMatchObject({ rows: 0, comparisons: 0 })
  })
})
