import { createHash, randomBytes } from 'node:crypto'
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { ownPrefix, textOf } from '../contract/blobs-harness.ts'
import { describeOnMoto } from '../support/moto.ts'
import { type BucketOnMoto, openBucket } from '../support/s3-bucket.ts'
import type { Mishap, S3Call } from '../support/s3-proxy.ts'

const PART = 8 * 1_048_576

describeOnMoto('S3 blobs on moto', () => {
  let store: BucketOnMoto
  beforeAll(async () => {
    store = await openBucket()
  })
  beforeEach(() => {
    store.proxy.calls.length = 0
    store.proxy.mishap = () => undefined
  })
  afterAll(() => store.close())

  const asked = () =>
    store.proxy.calls.map(({ method, url }) => `${method} ${url.searchParams.has('uploadId') ? 'upload' : ''}`.trim())

  /** The first call that matches has this mishap. */
  function once(matches: (call: S3Call) => boolean, mishap: Mishap): void {
    let spent = false
    store.proxy.mishap = (call) => {
      if (spent || !matches(call)) return undefined
      spent = true
      return mishap
    }
  }

  async function uploadsLeft(): Promise<number> {
    const { Uploads = [] } = await store.client.send(new ListMultipartUploadsCommand({ Bucket: store.bucket }))
    return Uploads.length
  }

  async function* pieces(bytes: Uint8Array, between: (at: number) => Promise<void> | void = () => {}) {
    for (let at = 0; at < bytes.length; at += 1_000_000) {
      await between(at)
      yield bytes.subarray(at, at + 1_000_000)
    }
  }

  it('knows its own write again when the answer is lost and the repeat meets it', async () => {
    for (const body of ['x', randomBytes(PART + 1)]) {
      const key = `${ownPrefix()}a`
      store.proxy.calls.length = 0
      const multipart = typeof body !== 'string'
      once(
        (call) => call.method === (multipart ? 'POST' : 'PUT') && call.url.search.includes('uploadId') === multipart,
        {
          lose: true,
        },
      )
      const { sha256, size } = await store.blobs.put(key, body, 'absent')
      expect([sha256, size]).toEqual([createHash('sha256').update(body).digest('hex'), body.length])
      if (!multipart) expect(asked()).toEqual(['PUT', 'PUT', 'HEAD'])
      await expect(store.blobs.put(key, body, 'absent')).rejects.toMatchObject({ code: 'conflict' })
    }
    expect(await uploadsLeft()).toBe(0)
  })

  it('goes on where a broken connection left off, with what the SDK checks between', async () => {
    const key = `${ownPrefix()}a`
    const whole = randomBytes(2_000_000)
    await store.blobs.put(key, whole, 'any')
    store.proxy.calls.length = 0
    once((call) => call.method === 'GET', { cut: 1_200_000 })
    expect(whole.equals((await store.blobs.get(key)) ?? new Uint8Array())).toBe(true)
    const [first, second] = store.proxy.calls
    expect(first?.headers.range).toBeUndefined()
    expect(second?.headers.range).toMatch(/^bytes=\d+-1999999$/)
    expect(second?.headers['if-match']).toMatch(/^"[0-9a-f]+"$/)
  })

  it('gives no byte for true that is not what was stored', async () => {
    const key = `${ownPrefix()}a`
    await store.blobs.put(key, 'x'.repeat(100_000), 'any')
    store.proxy.mishap = ({ method }) => (method === 'GET' ? { flip: 77_777 } : undefined)
    const corrupt = { code: 'corrupt', message: expect.stringContaining(key) }
    await expect(store.blobs.get(key)).rejects.toMatchObject(corrupt)
    const reading = (async () => {
      for await (const _ of store.blobs.read(key));
    })()
    await expect(reading).rejects.toMatchObject(corrupt)
  })

  it('is throttled for a moment without a fault', async () => {
    const key = `${ownPrefix()}a`
    once(() => true, { status: 503, code: 'SlowDown' })
    await store.blobs.put(key, 'x', 'absent')
    expect(asked()).toEqual(['PUT', 'PUT'])
  })

  it('checks the guard of a long stream again when it is complete', async () => {
    const body = randomBytes(PART + 1)
    const key = `${ownPrefix()}a`
    const meanwhile = (other: string) => async (at: number) => {
      if (at === 5_000_000) await store.blobs.put(key, other, 'any')
    }
    await expect(store.blobs.put(key, pieces(body, meanwhile('first')), 'absent')).rejects.toMatchObject({
      code: 'conflict',
    })
    expect(await textOf(store.blobs.get(key))).toBe('first')
    const { etag } = await store.blobs.put(key, 'second', 'any')
    await expect(store.blobs.put(key, pieces(body, meanwhile('third')), { etag })).rejects.toMatchObject({
      code: 'conflict',
    })
    expect(await textOf(store.blobs.get(key))).toBe('third')
    const long = await store.blobs.put(key, pieces(body), { etag: (await store.blobs.head(key))?.etag ?? '' })
    expect(long.etag).toMatch(/-2$/)
    await store.blobs.put(key, 'fourth', { etag: long.etag })
    await expect(store.blobs.put(key, pieces(body), { etag: long.etag })).rejects.toMatchObject({ code: 'conflict' })
    expect(await uploadsLeft()).toBe(0)
  })

  it('leaves no upload behind when the source fails after a part was sent', async () => {
    const key = `${ownPrefix()}a`
    const failing = pieces(randomBytes(3 * PART), (at) => {
      if (at > 2 * PART) throw new Error('the sender went away')
    })
    await expect(store.blobs.put(key, failing, 'absent')).rejects.toThrow('the sender went away')
    expect(asked()).toContain('DELETE upload')
    expect(await uploadsLeft()).toBe(0)
    expect(await store.blobs.head(key)).toBeUndefined()
  })

  it('sends the SHA-256 of a whole object, for S3 to compare', async () => {
    await store.blobs.put(`${ownPrefix()}a`, 'x', 'any')
    const headers = store.proxy.calls[0]?.headers ?? {}
    expect(headers['x-amz-checksum-sha256']).toBe(createHash('sha256').update('x').digest('base64'))
    expect(headers['x-amz-checksum-crc32']).toBeUndefined()
  })

  it('signs uploads for any content', async () => {
    const url = new URL(await store.blobs.presign('a', 'PUT', 90))
    expect(url.searchParams.get('X-Amz-Expires')).toBe('90')
    expect([...url.searchParams.keys()].filter((name) => /checksum/i.test(name))).toEqual([])
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('host')
  })

  it('stores and cuts any body, however it is chunked, as a buffer does', async () => {
    const sizes = fc.oneof(
      { arbitrary: fc.integer({ min: 0, max: 3_000 }), weight: 4 },
      { arbitrary: fc.constantFrom(PART - 1, PART, PART + 1, 2 * PART + 7), weight: 1 },
    )
    const chunks = fc.array(fc.oneof(fc.nat(700), fc.nat(3 * 1_048_576)), { maxLength: 12 })
    const ranges = fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(sizes, chunks, ranges, fc.boolean(), async (size, cuts, picks, atOnce) => {
        const whole = randomBytes(size)
        async function* stream() {
          let at = 0
          for (const cut of cuts) {
            yield whole.subarray(at, at + cut)
            at = Math.min(at + cut, size)
          }
          yield whole.subarray(at)
        }
        const key = `${ownPrefix()}a`
        const info = await store.blobs.put(key, atOnce ? whole : stream(), 'absent')
        expect([info.size, info.sha256]).toEqual([size, createHash('sha256').update(whole).digest('hex')])
        expect(await store.blobs.head(key)).toMatchObject({ size, etag: info.etag })
        const streamed: Uint8Array[] = []
        for await (const piece of store.blobs.read(key)) streamed.push(piece)
        expect(whole.equals(Buffer.concat(streamed))).toBe(true)
        for (const [a, b] of picks) {
          const start = a % (size + 2)
          const end = start + (b % (size + 2))
          const part = await store.blobs.get(key, { start, end })
          expect(whole.subarray(start, end).equals(part ?? randomBytes(1))).toBe(true)
        }
        const [[from = 0] = []] = picks
        const rest = await store.blobs.get(key, { start: from % (size + 2) })
        expect(whole.subarray(from % (size + 2)).equals(rest ?? randomBytes(1))).toBe(true)
      }),
      { numRuns: 25 },
    )
  })
})
