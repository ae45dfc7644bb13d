import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import { mockS3, reset, s3Error } from '../support/s3-mock.ts'

type Blobs = ReturnType<typeof mockS3>['blobs']

const found = (id: string | undefined, etag = '"e1"') => ({
  ContentLength: 1,
  ETag: etag,
  LastModified: new Date('2026-11-20T10:00:00Z'),
  Metadata: id === undefined ? {} : { 'sluice-write': id },
})
const idOf = (call: { args: [{ input: object }] } | undefined) =>
  (call?.args[0].input as { Metadata?: Record<string, string> } | undefined)?.Metadata?.['sluice-write']

describe('faults of S3', () => {
  const operations: [string, (blobs: Blobs) => Promise<unknown>][] = [
    ['PutObject', (blobs) => blobs.put('k/a', 'x', 'any')],
    ['GetObject', (blobs) => blobs.get('k/a')],
    ['GetObject', (blobs) => blobs.read('k/a')[Symbol.asyncIterator]().next()],
    ['HeadObject', (blobs) => blobs.head('k/a')],
    ['ListObjectsV2', (blobs) => blobs.list({ prefix: 'k/a' })],
    ['DeleteObject', (blobs) => blobs.delete('k/a')],
  ]
  const errors: [string, Error, string, RegExp][] = [
    ['throttling', s3Error('SlowDown', 503), 'busy', /try again/],
    ['a server error', s3Error('InternalError', 500), 'busy', /try again/],
    ['a time-out', Object.assign(new Error('late'), { name: 'TimeoutError' }), 'busy', /try again/],
    ['a broken connection', reset(), 'busy', /try again/],
    ['a missing bucket', s3Error('NoSuchBucket', 404), 'internal', /deploy the data stack/],
    ['a missing grant', s3Error('AccessDenied', 403), 'internal', /functions\/manifest\.ts/],
    ['a HEAD that may not be', s3Error('403', 403), 'internal', /functions\/manifest\.ts/],
  ]

  it.each(operations)('are named by %s', async (operation, run) => {
    for (const [what, error, code, remedy] of errors) {
      // S3 answers HEAD with 404 alone, whatever is missing.
      if (operation === 'HeadObject' && what === 'a missing bucket') continue
      const { s3, blobs } = mockS3()
      s3.onAnyCommand().rejects(error)
      const fault = await run(blobs).then(
        () => undefined,
        (thrown) => thrown,
      )
      expect([what, fault?.code]).toEqual([what, code])
      expect(fault.message).toMatch(remedy)
      for (const part of [operation, 'k/a', 'bucket-1']) expect(fault.message).toContain(part)
      expect(fault.cause).toBe(error)
    }
  })

  it('are no faults where S3 says that nothing is there', async () => {
    const { s3, blobs } = mockS3()
    s3.on(GetObjectCommand).rejects(s3Error('NoSuchKey', 404)).on(HeadObjectCommand).rejects(s3Error('NotFound', 404))
    s3.on(DeleteObjectCommand).resolves({})
    expect(await blobs.get('a')).toBeUndefined()
    expect(await blobs.head('a')).toBeUndefined()
    await blobs.delete('a')
  })
})

describe('a guarded write', () => {
  it('is tried again while another write of the same key is under way', async () => {
    const { s3, blobs, slept } = mockS3()
    s3.on(PutObjectCommand)
      .rejectsOnce(s3Error('ConditionalRequestConflict', 409))
      .rejectsOnce(s3Error('ConditionalRequestConflict', 409))
      .resolves({ ETag: '"e2"' })
    s3.on(HeadObjectCommand).rejects(s3Error('NotFound', 404))
    expect(await blobs.put('a', 'x', 'absent')).toMatchObject({ etag: 'e2' })
    expect(slept).toHaveLength(2)
  })

  it('gives up in bounded time when the others never end', async () => {
    const { s3, blobs, slept } = mockS3()
    s3.on(PutObjectCommand).rejects(s3Error('ConditionalRequestConflict', 409))
    s3.on(HeadObjectCommand).rejects(s3Error('NotFound', 404))
    await expect(blobs.put('a', 'x', { etag: 'e1' })).rejects.toMatchObject({ code: 'conflict' })
    expect(s3.commandCalls(PutObjectCommand)).toHaveLength(5)
    expect(slept.reduce((sum, ms) => sum + ms)).toBeLessThanOrEqual(1_500)
  })

  it('that loses its answer and meets its own object has succeeded', async () => {
    const { s3, blobs } = mockS3()
    s3.on(PutObjectCommand).rejects(s3Error('PreconditionFailed', 412))
    s3.on(HeadObjectCommand).callsFake(() => found(idOf(s3.commandCalls(PutObjectCommand)[0])))
    expect(await blobs.put('a', 'x', 'absent')).toEqual({
      key: 'a',
      size: 1,
      etag: 'e1',
      modifiedAt: '2026-11-20T10:00:00.000Z',
      sha256: '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',
    })
  })

  it('has succeeded too when every answer was lost, whatever the guard', async () => {
    for (const guard of ['any', 'absent', { etag: 'e0' }] as const) {
      const { s3, blobs } = mockS3()
      s3.on(PutObjectCommand).rejects(reset())
      s3.on(HeadObjectCommand).callsFake(() => found(idOf(s3.commandCalls(PutObjectCommand)[0])))
      expect(await blobs.put('a', 'x', guard)).toMatchObject({ etag: 'e1' })
    }
  })

  it('has lost to another writer of the same bytes', async () => {
    for (const other of ['5f8a0fd6-0000-4000-8000-000000000000', undefined]) {
      const { s3, blobs } = mockS3()
      s3.on(PutObjectCommand).rejects(s3Error('PreconditionFailed', 412))
      s3.on(HeadObjectCommand).resolves(found(other))
      await expect(blobs.put('a', 'x', 'absent')).rejects.toMatchObject({ code: 'conflict' })
    }
  })

  it('is refused, not unknown, where the function may not read', async () => {
    const { s3, blobs } = mockS3()
    s3.on(PutObjectCommand).rejects(s3Error('PreconditionFailed', 412))
    s3.on(HeadObjectCommand).rejects(s3Error('AccessDenied', 403))
    await expect(blobs.put('a', 'x', 'absent')).rejects.toMatchObject({ code: 'conflict' })
  })

  it.each(['', '"', 'two words', 'é', 'a\r\nx: y'])(
    'asks nothing of S3 for the etag %j, which no object has',
    async (etag) => {
      const { s3, blobs } = mockS3()
      await expect(blobs.put('a', 'x', { etag })).rejects.toMatchObject({ code: 'conflict' })
      expect(s3.calls()).toHaveLength(0)
    },
  )

  it('takes no etag for a wildcard', async () => {
    const { s3, blobs } = mockS3()
    s3.on(PutObjectCommand).resolves({ ETag: '"e1"' })
    await blobs.put('a', 'x', { etag: '*' })
    expect(s3.commandCalls(PutObjectCommand)[0]?.args[0].input.IfMatch).toBe('"*"')
  })
})

describe('a list', () => {
  it('skips what is no key, and looks further when that is all of a page', async () => {
    const { s3, blobs } = mockS3()
    const object = (Key: string) => ({ ...found(undefined), Key, Size: 1 })
    s3.on(ListObjectsV2Command)
      .resolvesOnce({ Contents: [object('a/'), object('a//b')], IsTruncated: true })
      .resolvesOnce({ Contents: [object('a+b%2Bc'), object('b/')], IsTruncated: true })
    expect(await blobs.list({ prefix: '', limit: 2 })).toEqual({
      items: [{ key: 'a b+c', size: 1, etag: 'e1', modifiedAt: '2026-11-20T10:00:00.000Z' }],
      cursor: 'b/',
    })
    expect(s3.commandCalls(ListObjectsV2Command).map((call) => call.args[0].input.StartAfter)).toEqual([
      undefined,
      'a//b',
    ])
  })
})
