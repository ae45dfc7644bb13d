import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import { partBytes } from '../../adapters/aws/blob-parts.ts'
import { mockS3, reset, s3Error } from '../support/s3-mock.ts'

const MIB = 1_048_576
const whole = new Uint8Array(20 * MIB)

function setUp() {
  const mock = mockS3()
  mock.s3.on(CreateMultipartUploadCommand).resolves({ UploadId: 'upload-1' })
  mock.s3
    .on(UploadPartCommand)
    .callsFake(({ PartNumber }) => ({ ETag: `"p${PartNumber}"`, ChecksumCRC32: `c${PartNumber}` }))
  mock.s3.on(CompleteMultipartUploadCommand).resolves({ ETag: '"whole-3"' })
  mock.s3.on(AbortMultipartUploadCommand).resolves({})
  mock.s3.on(HeadObjectCommand).rejects(s3Error('NotFound', 404))
  const aborted = () => mock.s3.commandCalls(AbortMultipartUploadCommand).map((call) => call.args[0].input)
  return { ...mock, aborted }
}

/** A stream of `pieces` pieces of 1 MiB that tells how far it was read and whether it was ended. */
function source(pieces: number, failAt = Number.POSITIVE_INFINITY) {
  const state = { yielded: 0, ended: false }
  async function* stream() {
    try {
      const piece = new Uint8Array(MIB)
      for (; state.yielded < pieces; state.yielded++) {
        if (state.yielded === failAt) throw new Error('the sender went away')
        yield piece
      }
    } finally {
      state.ended = true
    }
  }
  return { state, stream: stream() }
}

const upload = { Bucket: 'bucket-1', Key: 'a', UploadId: 'upload-1' }

describe('a multipart upload', () => {
  it('completes with the guard and the checksums of its parts, in their order', async () => {
    const { s3, blobs, aborted } = setUp()
    const info = await blobs.put('a', source(20).stream, 'any')
    expect(info).toMatchObject({ size: 20 * MIB, etag: 'whole-3' })
    await blobs.put('a', whole, { etag: 'e1' })
    await blobs.put('a', whole, 'absent')
    const [any, etag, absent] = s3.commandCalls(CompleteMultipartUploadCommand).map((call) => call.args[0].input)
    const Parts = [1, 2, 3].map((n) => ({ PartNumber: n, ETag: `"p${n}"`, ChecksumCRC32: `c${n}` }))
    expect(any).toEqual({ ...upload, MultipartUpload: { Parts } })
    expect(etag?.IfMatch).toBe('"e1"')
    expect(absent?.IfNoneMatch).toBe('*')
    expect(aborted()).toEqual([])
    const sent = s3.commandCalls(UploadPartCommand).slice(0, 3)
    expect(sent.map((call) => (call.args[0].input.Body as Uint8Array).length)).toEqual([8 * MIB, 8 * MIB, 4 * MIB])
    expect(sent.every((call) => call.args[0].input.ChecksumAlgorithm === 'CRC32')).toBe(true)
  })

  it('is one request when the body fits one part exactly, and two parts for a byte more', async () => {
    const { s3, blobs } = setUp()
    s3.on(PutObjectCommand).resolves({ ETag: '"e"' })
    await blobs.put('a', source(8).stream, 'any')
    await blobs.put('a', whole.subarray(0, 8 * MIB), 'any')
    expect(s3.commandCalls(CreateMultipartUploadCommand)).toHaveLength(0)
    await blobs.put('a', whole.subarray(0, 8 * MIB + 1), 'any')
    expect(s3.commandCalls(UploadPartCommand).map((call) => (call.args[0].input.Body as Uint8Array).length)).toEqual([
      8 * MIB,
      1,
    ])
  })

  it('is aborted, and its source ended, when a part fails', async () => {
    const { s3, blobs, aborted } = setUp()
    const order: string[] = []
    s3.on(UploadPartCommand).callsFake(async ({ PartNumber }) => {
      if (PartNumber === 2) throw s3Error('InternalError', 500)
      await new Promise((resolve) => setTimeout(resolve, 20))
      order.push(`part ${PartNumber} sent`)
      return { ETag: '"p"' }
    })
    s3.on(AbortMultipartUploadCommand).callsFake(async () => {
      order.push('aborted')
      return {}
    })
    const { state, stream } = source(1_000)
    await expect(blobs.put('a', stream, 'any')).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringContaining('UploadPart 2 of blob a in bucket bucket-1'),
    })
    expect(aborted()).toEqual([upload])
    expect(state.ended).toBe(true)
    expect(state.yielded).toBeLessThan(60)
    // Parts that arrive after an abort would stay, and be paid for.
    expect(order.length).toBeGreaterThan(1)
    expect(order.at(-1)).toBe('aborted')
    expect(s3.commandCalls(CompleteMultipartUploadCommand)).toHaveLength(0)
  })

  it('is aborted when its source fails, and says what the source said', async () => {
    const { s3, blobs, aborted } = setUp()
    await expect(blobs.put('a', source(1_000, 18).stream, 'absent')).rejects.toThrow('the sender went away')
    expect(aborted()).toEqual([upload])
    expect(s3.commandCalls(CompleteMultipartUploadCommand)).toHaveLength(0)
    s3.on(AbortMultipartUploadCommand).rejects(reset())
    await expect(blobs.put('a', source(1_000, 18).stream, 'absent')).rejects.toThrow('the sender went away')
  })

  it('ends its source when it cannot begin', async () => {
    const { s3, blobs } = setUp()
    s3.on(CreateMultipartUploadCommand).rejects(s3Error('AccessDenied', 403))
    const { state, stream } = source(1_000)
    await expect(blobs.put('a', stream, 'any')).rejects.toMatchObject({ code: 'internal' })
    expect(state.ended).toBe(true)
  })

  it.each([
    ['PreconditionFailed', 412],
    ['ConditionalRequestConflict', 409],
    ['NoSuchKey', 404],
  ])('is aborted when S3 refuses its guard at the end: %s', async (name, status) => {
    const { s3, blobs, aborted } = setUp()
    s3.on(CompleteMultipartUploadCommand).rejects(s3Error(name, status))
    await expect(blobs.put('a', whole, { etag: 'e1' })).rejects.toMatchObject({ code: 'conflict' })
    expect(aborted()).toEqual([upload])
  })

  it.each([
    ['the upload is gone', s3Error('NoSuchUpload', 404)],
    ['its own object is in the way', s3Error('PreconditionFailed', 412)],
    ['no answer ever came', reset()],
  ])('has succeeded when its completion lost its answer and %s', async (_, error) => {
    const { s3, blobs, aborted } = setUp()
    s3.on(CompleteMultipartUploadCommand).rejects(error)
    s3.on(HeadObjectCommand).callsFake(() => ({
      ContentLength: whole.length,
      ETag: '"whole-3"',
      LastModified: new Date('2026-11-20T10:00:00Z'),
      Metadata: s3.commandCalls(CreateMultipartUploadCommand)[0]?.args[0].input.Metadata,
    }))
    expect(await blobs.put('a', whole, 'absent')).toMatchObject({ etag: 'whole-3', size: whole.length })
    expect(aborted()).toEqual([])
  })

  it('does not begin when the guard cannot hold any more', async () => {
    const { s3, blobs } = setUp()
    s3.on(HeadObjectCommand).resolves({ ContentLength: 1, ETag: '"e2"', LastModified: new Date() })
    const { state, stream } = source(1_000)
    await expect(blobs.put('a', stream, { etag: 'e1' })).rejects.toMatchObject({ code: 'conflict' })
    expect([state.yielded, s3.commandCalls(CreateMultipartUploadCommand).length]).toEqual([0, 0])
  })

  it('holds at most 48 MiB of its source, however slow S3 is', async () => {
    const { s3, blobs } = setUp()
    let open = 0
    let most = 0
    const sent: number[] = []
    const { state, stream } = source(200)
    s3.on(UploadPartCommand).callsFake(async ({ Body }) => {
      open += 1
      most = Math.max(most, open)
      for (let seen = -1; seen !== state.yielded; ) {
        seen = state.yielded
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      expect(state.yielded - sent.reduce((sum, size) => sum + size, 0) / MIB).toBeLessThanOrEqual(48)
      sent.push(Body.length)
      open -= 1
      return { ETag: '"p"' }
    })
    expect(await blobs.put('a', stream, 'any')).toMatchObject({ size: 200 * MIB })
    expect(most).toBe(4)
  })
})

describe('the sizes of parts', () => {
  it('reach 5 TiB in 10,000 parts, begin at 8 MiB and stay within the bounds of S3', () => {
    const sizes = Array.from({ length: 10_000 }, (_, n) => partBytes(n + 1))
    expect(sizes.reduce((sum, size) => sum + size)).toBeGreaterThan(5 * 2 ** 40)
    expect(sizes.slice(0, 500).every((size) => size === 8 * MIB)).toBe(true)
    expect(sizes.every((size, n) => size >= (sizes[n - 1] ?? 5 * MIB) && size <= 5 * 2 ** 30)).toBe(true)
  })
})
