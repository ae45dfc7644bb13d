import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Blobs } from '../../core/platform/ports.ts'
import { type BlobsHarness, bytesOf, type OpenBlobs, ownPrefix, textOf } from './blobs-harness.ts'

export function describeBlobPresigning(open: OpenBlobs): void {
  let harness: BlobsHarness
  let blobs: Blobs
  beforeAll(async () => {
    harness = await open()
    blobs = harness.blobs
  })
  afterAll(() => harness.close())

  describe('presigned URLs', () => {
    it.each(['plain.txt', 'a b/é😀 +%2e&?#.txt'])('serve and store the object %j', async (name) => {
      const key = ownPrefix() + name
      const put = await harness.request('PUT', await blobs.presign(key, 'PUT', 60), bytesOf('sent'))
      expect(put.status).toBe(200)
      expect(await textOf(blobs.get(key))).toBe('sent')
      const got = await harness.request('GET', await blobs.presign(key, 'GET', 60))
      expect([got.status, Buffer.from(got.body).toString()]).toEqual([200, 'sent'])
    })

    it('allow no other method, key or time than they were made for', async () => {
      const prefix = ownPrefix()
      await blobs.put(`${prefix}a`, 'a', 'any')
      await blobs.put(`${prefix}b`, 'b', 'any')
      const url = await blobs.presign(`${prefix}a`, 'GET', 60)
      expect((await harness.request('PUT', url, bytesOf('x'))).status).toBe(403)
      const other = new URL(url)
      other.pathname = other.pathname.replace(/a$/, 'b')
      expect((await harness.request('GET', other.href)).status).toBe(403)
      expect(await textOf(blobs.get(`${prefix}a`))).toBe('a')
    })

    it('expire', async () => {
      const key = `${ownPrefix()}a`
      await blobs.put(key, 'a', 'any')
      const url = await blobs.presign(key, 'GET', 1)
      await harness.pass(2)
      expect((await harness.request('GET', url)).status).toBe(403)
    })

    it.each([0, -1, 1.5, 604_801, Number.NaN])('are refused for %s seconds', async (seconds) => {
      await expect(blobs.presign('a', 'GET', seconds)).rejects.toMatchObject({ code: 'invalid' })
    })
  })
}
