import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { split } from '../../../../core/data-factory/select/split.ts'

const range = (n: number) => Uint32Array.from({ length: n }, (_, i) => i)

describe('split', () => {
  it('meets the shares to the row when every row is its own cluster', () => {
    const { parts, shares } = split(range(1000), range(1000), { train: 8, val: 1, test: 1 }, 7)
    expect([parts.train?.length, parts.val?.length, parts.test?.length]).toEqual([800, 100, 100])
    expect(shares.train).toEqual({ wanted: 0.8, got: 0.8 })
  })

  it('keeps a cluster that is larger than a small part out of it', () => {
    const clusterOf = range(100).map((row) => (row < 30 ? 0 : row))
    const { parts, largest_cluster } = split(clusterOf, range(100), { train: 0.9, test: 0.1 }, 3)
    expect(largest_cluster).toBe(30)
    expect(parts.test).toHaveLength(10)
    expect(parts.test?.some((row) => row < 30)).toBe(false)
  })

  it('leaves the rows out that are not kept', () => {
    const { parts } = split(range(10), Uint32Array.from([2, 4, 6, 8]), { a: 1, b: 1 }, 0)
    expect([...(parts.a as Uint32Array), ...(parts.b as Uint32Array)].sort()).toEqual([2, 4, 6, 8])
  })

  it('is decided by the seed', () => {
    const test = (seed: number) => [...(split(range(50), range(50), { a: 4, b: 1 }, seed).parts.b as Uint32Array)]
    expect(test(1)).toEqual(test(1))
    expect(test(1)).not.toEqual(test(2))
  })

  it('parts every row once, no cluster in two parts, shares as near as the largest cluster allows', () => {
    const clusters = fc.array(fc.nat({ max: 40 }), { maxLength: 150 }).map((ids) => Uint32Array.from(ids))
    const parts = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.integer({ min: 1, max: 9 }), { minKeys: 2 })
    fc.assert(
      fc.property(clusters, parts, fc.nat(), (clusterOf, wanted, seed) => {
        const rows = range(clusterOf.length)
        const result = split(clusterOf, rows, wanted, seed)
        expect(
          Object.values(result.parts)
            .flatMap((part) => [...part])
            .sort((a, b) => a - b),
        ).toEqual([...rows])
        const partOf = new Map<number, string>()
        for (const [name, part] of Object.entries(result.parts))
          for (const row of part) {
            const cluster = clusterOf[row] as number
            expect(partOf.get(cluster) ?? name).toBe(name)
            partOf.set(cluster, name)
          }
        for (const share of Object.values(result.shares))
          expect((share.got - share.wanted) * rows.length).toBeLessThanOrEqual(result.largest_cluster)
      }),
    )
  })

  it('puts the same rows together in whatever order they come', () => {
    const content = (row: number) => (row * 2654435761) >>> 0
    fc.assert(
      fc.property(fc.shuffledSubarray([...range(60)], { minLength: 60 }), (order) => {
        const clusterOf = (row: number) => content(row) % 13
        const [sorted, shuffled] = [[...range(60)], order].map((rows) => {
          const columns = Uint32Array.from(rows, clusterOf)
          const { parts } = split(columns, range(60), { a: 3, b: 2 }, 5, (place) => content(rows[place] as number))
          return [...(parts.a as Uint32Array)].map((place) => rows[place] as number).sort((a, b) => a - b)
        })
        expect(shuffled).toEqual(sorted)
      }),
      { numRuns: 30 },
    )
  })
})
