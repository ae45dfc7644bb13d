import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Blobs } from '../../core/platform/ports.ts'
import { type BlobsHarness, type OpenBlobs, ownPrefix, textOf } from './blobs-harness.ts'

const REFUSED = [
  '',
  '/etc/passwd',
  '/',
  '.',
  '..',
  '../x',
  'a/../b',
  'a/./b',
  'a/..',
  'a//b',
  'a/',
  'a\\b',
  '..\\x',
  'a\0b',
  'a\nb',
  'a\u007fb',
  'a\u0085b',
  'cut\ud83d',
  '.tmp/x',
  'x'.repeat(256),
  Array.from({ length: 11 }, () => 'x'.repeat(100)).join('/'),
]

/** The same keys are good and bad with every driver, so that a job that runs embedded runs in the cloud. */
export function describeBlobKeys(open: OpenBlobs): void {
  let harness: BlobsHarness
  let blobs: Blobs
  beforeAll(async () => {
    harness = await open()
    blobs = harness.blobs
  })
  afterAll(() => harness.close())

  describe('keys', () => {
    it.each(REFUSED)('refuses %j everywhere', async (key) => {
      const refused = { code: 'invalid' }
      await expect(blobs.put(key, 'x', 'any')).rejects.toMatchObject(refused)
      await expect(blobs.get(key)).rejects.toMatchObject(refused)
      await expect(blobs.head(key)).rejects.toMatchObject(refused)
      await expect(blobs.delete(key)).rejects.toMatchObject(refused)
      await expect(blobs.read(key)[Symbol.asyncIterator]().next()).rejects.toMatchObject(refused)
      await expect(blobs.presign(key, 'GET', 60)).rejects.toMatchObject(refused)
      expect(() => blobs.uri(key)).toThrow(expect.objectContaining(refused))
    })

    it.each(['/x', '../x', 'a/../b', 'a//b', 'a\0', 'a\\b', '.tmp/'])('refuses to list under %j', async (prefix) => {
      await expect(blobs.list({ prefix })).rejects.toMatchObject({ code: 'invalid' })
    })

    it.each(['a b', '...', '..a', '-', '%2e%2e', 'é/😀', 'a.tmp', '~', '#?&', `${'x'.repeat(255)}`])(
      'takes %j',
      async (name) => {
        const key = ownPrefix() + name
        await blobs.put(key, name, 'absent')
        expect(await textOf(blobs.get(key))).toBe(name)
        expect((await blobs.list({ prefix: key })).items.map((item) => item.key)).toEqual([key])
      },
    )

    it('stores under any key it takes and finds it again, and refuses all others as invalid', async () => {
      const piece = fc.oneof(
        fc.constantFrom('..', '.', '/', '\\', '\0', '%2e', '%2f', '~', ' ', ''),
        fc.string({ unit: 'binary', maxLength: 3 }),
      )
      const key = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
      await fc.assert(
        fc.asyncProperty(key, async (name) => {
          const own = ownPrefix() + name
          const stored = await blobs.put(own, name, 'absent').catch((error: unknown) => error)
          if (stored instanceof Error) {
            expect(stored).toMatchObject({ code: 'invalid' })
            return
          }
          expect(await textOf(blobs.get(own))).toBe(Buffer.from(name).toString())
          expect((await blobs.list({ prefix: own })).items.map((item) => item.key)).toEqual([own])
        }),
        { numRuns: 200 },
      )
    }, 60_000)
  })
}
