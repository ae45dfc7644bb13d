import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Blobs } from '../../core/platform/ports.ts'
import { type BlobsHarness, bytesOf, chunked, type OpenBlobs, ownPrefix, textOf } from './blobs-harness.ts'
import { describeBlobKeys } from './blobs-keys-contract.ts'
import { describeBlobListing } from './blobs-list-contract.ts'
import { describeBlobPresigning } from './blobs-presign-contract.ts'

/** The Blobs port: what every driver must do. */
export function describeBlobsContract(name: string, open: OpenBlobs): void {
  describe(`Blobs: ${name}`, () => {
    describeBlobObjects(open)
    describeBlobListing(open)
    describeBlobKeys(open)
    describeBlobPresigning(open)
  })
}

function describeBlobObjects(open: OpenBlobs): void {
  let harness: BlobsHarness
  let blobs: Blobs
  beforeAll(async () => {
    harness = await open()
    blobs = harness.blobs
  })
  afterAll(() => harness.close())

  describe('objects', () => {
    it.each<[string, () => Uint8Array | string | AsyncIterable<Uint8Array>]>([
      ['bytes', () => bytesOf('héllo')],
      ['text', () => 'héllo'],
      ['a stream', () => chunked('hé', '', 'llo')],
    ])('stores %s and tells size, SHA-256 and etag', async (_, body) => {
      const key = `${ownPrefix()}a.txt`
      const { sha256, ...info } = await blobs.put(key, body(), 'absent')
      expect(sha256).toBe(createHash('sha256').update('héllo').digest('hex'))
      expect(info).toEqual({
        key,
        size: 6,
        etag: expect.stringMatching(/./),
        modifiedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      })
      const { modifiedAt, ...head } = (await blobs.head(key)) ?? {}
      expect(info).toMatchObject(head)
      // S3 does not tell the time of a write when it answers it, only later, in whole seconds.
      expect(Math.abs(Date.parse(modifiedAt ?? '') - Date.parse(info.modifiedAt))).toBeLessThan(5_000)
      expect(await textOf(blobs.get(key))).toBe('héllo')
    })

    it('stores an empty object, and a large stream of small and large chunks', async () => {
      const prefix = ownPrefix()
      expect(await blobs.put(`${prefix}empty`, '', 'any')).toMatchObject({ size: 0 })
      expect(await blobs.get(`${prefix}empty`)).toEqual(new Uint8Array())
      const sizes = [1, 70_000, 262_144, 3, 262_145, 900_000, 0, 5]
      const whole = Buffer.concat(sizes.map((size, n) => Buffer.alloc(size, n + 1)))
      async function* reusing() {
        const buffer = new Uint8Array(900_000)
        for (const [n, size] of sizes.entries()) yield buffer.fill(n + 1).subarray(0, size)
      }
      const { sha256, size } = await blobs.put(`${prefix}large`, reusing(), 'absent')
      expect([sha256, size]).toEqual([createHash('sha256').update(whole).digest('hex'), whole.length])
      expect(whole.equals((await blobs.get(`${prefix}large`)) ?? new Uint8Array())).toBe(true)
    })

    it('reads ranges, cut at the end of the object', async () => {
      const key = `${ownPrefix()}a`
      await blobs.put(key, '0123456789', 'any')
      expect(await textOf(blobs.get(key, { start: 2, end: 5 }))).toBe('234')
      expect(await textOf(blobs.get(key, { start: 7 }))).toBe('789')
      expect(await textOf(blobs.get(key, { start: 8, end: 99 }))).toBe('89')
      expect(await textOf(blobs.get(key, { start: 0, end: 0 }))).toBe('')
      expect(await textOf(blobs.get(key, { start: 10 }))).toBe('')
      expect(await textOf(blobs.get(key, { start: 99 }))).toBe('')
      for (const range of [{ start: -1 }, { start: 1.5 }, { start: 3, end: 2 }, { start: Number.NaN }])
        await expect(blobs.get(key, range)).rejects.toMatchObject({ code: 'invalid' })
    })

    it('streams objects in pieces of at most 1 MB', async () => {
      const key = `${ownPrefix()}large`
      const whole = Buffer.alloc(2_500_000, 'abcdefg')
      await blobs.put(key, whole, 'any')
      const pieces: Uint8Array[] = []
      for await (const piece of blobs.read(key)) pieces.push(piece)
      expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(1_048_576)
      expect(Buffer.concat(pieces).equals(whole)).toBe(true)
    })

    it('answers undefined, or not_found when streaming, for what is absent', async () => {
      const prefix = ownPrefix()
      await blobs.put(`${prefix}dir/a`, 'x', 'any')
      for (const key of [`${prefix}nothing`, `${prefix}dir`, `${prefix}dir/a/deeper`, `${prefix}no/such/place`]) {
        expect(await blobs.get(key)).toBeUndefined()
        expect(await blobs.head(key)).toBeUndefined()
        await expect(blobs.read(key)[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'not_found' })
        await blobs.delete(key)
      }
      expect(await textOf(blobs.get(`${prefix}dir/a`))).toBe('x')
    })

    it('deletes, also what is not there, and frees the names above it', async () => {
      const prefix = ownPrefix()
      await blobs.put(`${prefix}a/b/c`, 'x', 'any')
      await blobs.delete(`${prefix}a/b/c`)
      await blobs.delete(`${prefix}a/b/c`)
      expect(await blobs.get(`${prefix}a/b/c`)).toBeUndefined()
      await blobs.put(`${prefix}a`, 'now an object', 'absent')
      expect(await textOf(blobs.get(`${prefix}a`))).toBe('now an object')
    })

    it('names the object for trainers by an absolute URI', () => {
      expect(blobs.uri('jobs/job-1/a b.json')).toMatch(/^(file|s3):\/\/.*jobs\/job-1\/a(%20| )b\.json$/)
    })
  })

  describe('guards', () => {
    it('absent: the second write is refused and changes nothing', async () => {
      const key = `${ownPrefix()}a`
      const first = await blobs.put(key, 'first', 'absent')
      await expect(blobs.put(key, 'second', 'absent')).rejects.toMatchObject({ code: 'conflict' })
      await expect(blobs.put(key, chunked('second'), 'absent')).rejects.toMatchObject({ code: 'conflict' })
      expect(await textOf(blobs.get(key))).toBe('first')
      expect((await blobs.head(key))?.etag).toBe(first.etag)
    })

    it('absent: exactly one of many concurrent writes wins', async () => {
      const key = `${ownPrefix()}a`
      const writes = await Promise.allSettled(
        Array.from({ length: 12 }, (_, n) => blobs.put(key, `writer ${n}`, 'absent')),
      )
      const winners = writes.flatMap((write, n) => (write.status === 'fulfilled' ? [`writer ${n}`] : []))
      expect(winners).toEqual([await textOf(blobs.get(key))])
      for (const write of writes)
        if (write.status === 'rejected') expect(write.reason).toMatchObject({ code: 'conflict' })
    })

    it('etag: replaces only what was seen', async () => {
      const key = `${ownPrefix()}a`
      await expect(blobs.put(key, 'x', { etag: 'none' })).rejects.toMatchObject({ code: 'conflict' })
      const first = await blobs.put(key, 'one', 'absent')
      const second = await blobs.put(key, 'other', { etag: first.etag })
      expect(second.etag).not.toBe(first.etag)
      await expect(blobs.put(key, 'late', { etag: first.etag })).rejects.toMatchObject({ code: 'conflict' })
      await blobs.delete(key)
      await expect(blobs.put(key, 'gone', { etag: second.etag })).rejects.toMatchObject({ code: 'conflict' })
      expect(await blobs.head(key)).toBeUndefined()
    })

    it('etag: a counter that many increment loses no increment', async () => {
      const key = `${ownPrefix()}counter`
      await blobs.put(key, '0', 'absent')
      async function increment(): Promise<void> {
        const etag = (await blobs.head(key))?.etag ?? ''
        const next = String(Number(await textOf(blobs.get(key))) + 1)
        // The value may be newer than the etag: then the write is refused, as it must be.
        await blobs.put(key, next, { etag }).catch(increment)
      }
      await Promise.all(Array.from({ length: 8 }, increment))
      expect(await textOf(blobs.get(key))).toBe('8')
    })

    it('gives another etag for every write at the same moment, of the same bytes too unless etags tell the bytes', async () => {
      const key = `${ownPrefix()}a`
      const etags: string[] = []
      for (let n = 0; n < 50; n++) etags.push((await blobs.put(key, String(n), 'any')).etag)
      expect(new Set(etags).size).toBe(50)
      for (let n = 0; n < 50; n++) etags.push((await blobs.put(key, 'same', 'any')).etag)
      expect(new Set(etags).size).toBe(harness.etagOfSameBytes ? 51 : 100)
    })
  })

  describe('atomicity', () => {
    it('shows readers the old object or the whole new one', async () => {
      const key = `${ownPrefix()}a`
      const versions = Array.from({ length: 20 }, (_, n) => String.fromCharCode(97 + n).repeat(200_000 + n))
      await blobs.put(key, versions[0] ?? '', 'any')
      let writing = true
      const writer = (async () => {
        for (const version of versions) await blobs.put(key, version, 'any')
        writing = false
      })()
      while (writing) {
        const seen = await textOf(blobs.get(key))
        expect(versions.includes(seen ?? '')).toBe(true)
        let streamed = ''
        for await (const piece of blobs.read(key)) streamed += Buffer.from(piece).toString()
        expect(versions.includes(streamed)).toBe(true)
      }
      await writer
    })

    it('leaves the old object, and nothing else, when the body fails half-way', async () => {
      const prefix = ownPrefix()
      async function* failing() {
        yield new Uint8Array(500_000)
        throw new Error('the sender went away')
      }
      await blobs.put(`${prefix}a`, 'old', 'any')
      await expect(blobs.put(`${prefix}a`, failing(), 'any')).rejects.toThrow('the sender went away')
      await expect(blobs.put(`${prefix}b`, failing(), 'absent')).rejects.toThrow('the sender went away')
      expect(await textOf(blobs.get(`${prefix}a`))).toBe('old')
      expect((await blobs.list({ prefix })).items.map((item) => item.key)).toEqual([`${prefix}a`])
    })

    it('ends the body it does not read when the object exists already', async () => {
      const key = `${ownPrefix()}a`
      await blobs.put(key, 'x', 'absent')
      let ended = false
      const body: AsyncIterable<Uint8Array> = {
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ done: false, value: bytesOf('y') }),
          return: async () => {
            ended = true
            return { done: true, value: undefined }
          },
        }),
      }
      await expect(blobs.put(key, body, 'absent')).rejects.toMatchObject({ code: 'conflict' })
      expect(ended).toBe(true)
    })
  })
}
