import { Readable } from 'node:stream'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import { bodyOf, mockS3, reset, s3Error } from '../support/s3-mock.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const whole = Uint8Array.from({ length: 1_500_000 }, (_, n) => n * 31)

/** S3 with one object, whose connections end after these many bytes each, then no more. */
function breaking(...cuts: number[]) {
  const mock = mockS3()
  mock.s3.on(GetObjectCommand).callsFake(({ Range }: { Range?: string }) => {
    const [from = 0, to = whole.length - 1] = (Range ?? '').match(/\d+/g)?.map(Number) ?? []
    const part = whole.subarray(from, to + 1)
    const cut = cuts.shift()
    const Body = cut === undefined ? bodyOf(part) : bodyOf(part.subarray(0, cut), reset())
    return { Body, ETag: '"e1"', ContentLength: part.length }
  })
  const asked = () =>
    mock.s3.commandCalls(GetObjectCommand).map(({ args: [{ input }] }) => [input.Range, input.IfMatch])
  return { ...mock, asked }
}

async function readAll(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const read: Uint8Array[] = []
  for await (const piece of pieces) read.push(piece)
  return Buffer.concat(read)
}

describe('a connection that breaks while an object is read', () => {
  it('is opened again where it broke, on the same object', async () => {
    const { blobs, asked, slept } = breaking(700_000, 100_000)
    expect((await readAll(blobs.read('a'))).equals(whole)).toBe(true)
    expect(asked()).toEqual([
      [undefined, undefined],
      ['bytes=700000-1499999', '"e1"'],
      ['bytes=800000-1499999', '"e1"'],
    ])
    expect(slept).toHaveLength(2)
  })

  it('is opened again within the range that was asked for', async () => {
    const { blobs, asked } = breaking(10)
    expect(Buffer.from((await blobs.get('a', { start: 100, end: 200 })) ?? []).equals(whole.subarray(100, 200))).toBe(
      true,
    )
    expect(asked()).toEqual([
      ['bytes=100-199', undefined],
      ['bytes=110-199', '"e1"'],
    ])
  })

  it('matters no more when every byte has come', async () => {
    const { blobs, asked } = breaking(whole.length)
    expect((await readAll(blobs.read('a'))).equals(whole)).toBe(true)
    expect(asked()).toHaveLength(1)
  })

  it('ends the reading as busy when it breaks five times without a byte', async () => {
    const { blobs, asked, slept } = breaking(700_000, 0, 0, 0, 0, 0)
    await expect(readAll(blobs.read('k/a'))).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringMatching(/GetObject of blob k\/a in bucket bucket-1.*5 times, try again/),
    })
    expect(asked()).toHaveLength(5)
    expect(slept.reduce((sum, ms) => sum + ms)).toBeLessThanOrEqual(3_000)
  })

  it('may break as often as it gives bytes in between', async () => {
    const { blobs } = breaking(...Array.from({ length: 20 }, () => 50_000))
    expect((await readAll(blobs.read('a'))).equals(whole)).toBe(true)
  })

  it.each([
    ['replaced', s3Error('PreconditionFailed', 412)],
    ['deleted', s3Error('NoSuchKey', 404)],
  ])('never joins two objects: the object was %s meanwhile', async (_, error) => {
    const { s3, blobs } = mockS3()
    s3.on(GetObjectCommand)
      .resolvesOnce({ Body: bodyOf(whole.subarray(0, 9), reset()), ETag: '"e1"', ContentLength: 99 })
      .rejects(error)
    await expect(readAll(blobs.read('a'))).rejects.toMatchObject({ code: 'conflict' })
  })

  it('counts a body that just ends too early as broken', async () => {
    const { s3, blobs } = mockS3()
    s3.on(GetObjectCommand).callsFake(({ Range }) => ({
      Body: Range ? bodyOf(whole.subarray(9, 99)) : bodyOf(whole.subarray(0, 9)),
      ETag: '"e1"',
      ContentLength: Range ? 90 : 99,
    }))
    expect((await readAll(blobs.read('a'))).equals(whole.subarray(0, 99))).toBe(true)
  })

  it('is given up when no byte comes any more, and opened again', async () => {
    const clock = createVirtualClock()
    const { s3, blobs } = mockS3(clock)
    const silent = new Readable({ read() {} })
    silent.push(whole.subarray(0, 9))
    s3.on(GetObjectCommand)
      .resolvesOnce({ Body: silent as never, ETag: '"e1"', ContentLength: 99 })
      .resolves({ Body: bodyOf(whole.subarray(9, 99)), ETag: '"e1"', ContentLength: 90 })
    const reading = readAll(blobs.read('a'))
    await clock.advance(19_999)
    expect([silent.destroyed, clock.sleeping()]).toEqual([false, 1])
    await clock.advance(1_000)
    expect((await reading).equals(whole.subarray(0, 99))).toBe(true)
    expect([silent.destroyed, clock.sleeping()]).toEqual([true, 0])
    expect(s3.commandCalls(GetObjectCommand)[1]?.args[0].input.Range).toBe('bytes=9-98')
  })

  it('is closed when the reader has enough', async () => {
    const { s3, blobs } = mockS3()
    const Body = bodyOf(whole)
    s3.on(GetObjectCommand).resolves({ Body, ETag: '"e1"', ContentLength: whole.length })
    for await (const _ of blobs.read('a')) break
    expect((Body as Readable).destroyed).toBe(true)
  })

  it('is not opened again for bytes that do not match their checksum', async () => {
    const { s3, blobs } = mockS3()
    const error = new Error('Checksum mismatch: expected "a" but received "b" in response header "x".')
    s3.on(GetObjectCommand).callsFake(() => ({ Body: bodyOf(whole, error), ETag: '"e1"', ContentLength: whole.length }))
    await expect(readAll(blobs.read('a'))).rejects.toMatchObject({ code: 'corrupt' })
    await expect(blobs.get('a')).rejects.toMatchObject({ code: 'corrupt' })
  })

  it('cuts what the SDK gives into pieces of at most 1 MB', async () => {
    const { s3, blobs } = mockS3()
    const Body = Readable.from([whole]) as never
    s3.on(GetObjectCommand).resolves({ Body, ETag: '"e1"', ContentLength: whole.length })
    const sizes: number[] = []
    for await (const piece of blobs.read('a')) sizes.push(piece.length)
    expect(sizes).toEqual([1_048_576, whole.length - 1_048_576])
  })
})
