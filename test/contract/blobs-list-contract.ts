import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Blobs } from '../../core/platform/ports.ts'
import { type BlobsHarness, keysUnder, type OpenBlobs, ownPrefix } from './blobs-harness.ts'

// In UTF-8 order: "-" and "." come before "/", which comes before "0"; UTF-16 puts the last two the other way round.
const SORTED = ['a-b', 'a.txt', 'a/x', 'a/y/z', 'a0', 'ab', 'b', 'é/1', '\ue000', '😀']

export function describeBlobListing(open: OpenBlobs): void {
  let harness: BlobsHarness
  let blobs: Blobs
  beforeAll(async () => {
    harness = await open()
    blobs = harness.blobs
  })
  afterAll(() => harness.close())

  async function filled(keys: string[]): Promise<string> {
    const prefix = ownPrefix()
    for (const key of keys.toReversed()) await blobs.put(prefix + key, key, 'absent')
    return prefix
  }

  describe('listing', () => {
    it.each([1, 2, 3, 10, 1000])('gives keys by their UTF-8 bytes, once each, in pages of %i', async (limit) => {
      const prefix = await filled(SORTED)
      expect(await keysUnder(blobs, prefix, limit)).toEqual(SORTED)
    })

    it('tells what head tells', async () => {
      const prefix = await filled(['a', 'b/c'])
      const { items } = await blobs.list({ prefix })
      expect(items).toEqual([await blobs.head(`${prefix}a`), await blobs.head(`${prefix}b/c`)])
    })

    it('gives a cursor only when more keys follow', async () => {
      const prefix = await filled(['a', 'b'])
      expect((await blobs.list({ prefix, limit: 1 })).cursor).toBe(`${prefix}a`)
      expect(await blobs.list({ prefix, limit: 2 })).not.toHaveProperty('cursor')
    })

    it('takes prefixes that end inside a name, and prefixes of nothing', async () => {
      const prefix = await filled(SORTED)
      const under = async (part: string) =>
        (await blobs.list({ prefix: prefix + part })).items.map(({ key }) => key.slice(prefix.length))
      expect(await under('a')).toEqual(['a-b', 'a.txt', 'a/x', 'a/y/z', 'a0', 'ab'])
      expect(await under('a/')).toEqual(['a/x', 'a/y/z'])
      expect(await under('a/y/z')).toEqual(['a/y/z'])
      expect(await under('a/y/z/')).toEqual([])
      expect(await under('nothing/here')).toEqual([])
    })

    it('starts after a key, whether or not it exists', async () => {
      const prefix = await filled(SORTED)
      const following = async (key: string) =>
        (await blobs.list({ prefix, after: prefix + key })).items.map((item) => item.key.slice(prefix.length))
      expect(await following('a/x')).toEqual(['a/y/z', 'a0', 'ab', 'b', 'é/1', '\ue000', '😀'])
      expect(await following('a/y')).toEqual(['a/y/z', 'a0', 'ab', 'b', 'é/1', '\ue000', '😀'])
      expect(await following('a/zzz')).toEqual(['a0', 'ab', 'b', 'é/1', '\ue000', '😀'])
      expect(await following('😀')).toEqual([])
      expect((await blobs.list({ prefix, after: 'T' })).items).toHaveLength(SORTED.length)
    })

    it.each([0, -1, 1.5, 1001])('refuses a limit of %s', async (limit) => {
      await expect(blobs.list({ prefix: 'a', limit })).rejects.toMatchObject({ code: 'invalid' })
    })

    it('lists any set of keys as sorting them does', async () => {
      const name = fc.string({
        unit: fc.constantFrom('a', 'b', '-', '0', '~', 'é', '😀', '\ue000'),
        minLength: 1,
        maxLength: 2,
      })
      const key = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'))
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(key, { maxLength: 12 }),
          key,
          fc.integer({ min: 1, max: 4 }),
          async (keys, after, limit) => {
            const free = keys.filter((one) => !keys.some((other) => other.startsWith(`${one}/`)))
            const prefix = await filled(free)
            const sorted = free.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
            expect(await keysUnder(blobs, prefix, limit)).toEqual(sorted)
            const rest = (await blobs.list({ prefix, after: prefix + after })).items.map((item) =>
              item.key.slice(prefix.length),
            )
            expect(rest).toEqual(sorted.filter((one) => Buffer.compare(Buffer.from(one), Buffer.from(after)) > 0))
          },
        ),
        { numRuns: 25 },
      )
    }, 60_000)
  })
}
