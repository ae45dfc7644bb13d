import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compressed } from '../../../core/formats/compress.ts'
import { type Compression, compressionOf, decompressed } from '../../../core/formats/decompress.ts'
import type { Fault } from '../../../core/platform/fault.ts'
import { rejection } from '../support/caught.ts'
import { chunked } from '../support/streams.ts'

const packers = { gzip: gzipSync, zstd: zstdCompressSync } as const
const unpack = async (bytes: Uint8Array, how: Compression, cuts: number[] = [], limits = {}) =>
  Buffer.concat(await Array.fromAsync(decompressed(chunked(bytes, cuts), how, limits)))
const skippable = (size: number) =>
  Buffer.concat([Buffer.from([0x5a, 0x2a, 0x4d, 0x18, size, 0, 0, 0]), Buffer.alloc(size)])

describe.each(['gzip', 'zstd'] as const)('%s', (how) => {
  const pack = (content: string | Uint8Array) => packers[how](content)

  it('several packed parts in a row are one stream, however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 3000 }), { minLength: 1, maxLength: 3 }),
        fc.array(fc.nat(200), { maxLength: 5 }),
        async (parts, cuts) => {
          const packed = Buffer.concat(parts.map(pack))
          expect(compressionOf(packed)).toBe(how)
          expect(await unpack(packed, how, cuts)).toEqual(Buffer.concat(parts))
        },
      ),
      { numRuns: 60, seed: 2 },
    )
  })

  it('a cut at any byte is an error that says where', async () => {
    const whole = Buffer.concat([pack('first part '.repeat(30)), pack('second')])
    const first = pack('first part '.repeat(30)).length
    for (let end = 1; end < whole.length; end++) {
      if (end === first) continue
      const fault = (await rejection(unpack(whole.subarray(0, end), how))) as Fault
      expect(fault).toMatchObject({ code: 'invalid', errors: [{ code: 'bad_compression' }] })
      expect(fault.message).toContain(`breaks after ${end} bytes in, `)
    }
  })

  it('what follows it is refused', async () => {
    for (const rest of ['x', 'garbage behind the end', '\0\0\0\0\0\0', 'x'.repeat(300_000)])
      for (const cuts of [[], [pack('a').length]])
        expect(await rejection(unpack(Buffer.concat([pack('a'), Buffer.from(rest)]), how, cuts))).toMatchObject({
          code: 'invalid',
        })
  })

  it('grows no further than its limits', async () => {
    const bomb = pack(Buffer.alloc(64 * 1024 * 1024))
    let given = 0
    const read = async (limits: object) => {
      given = 0
      for await (const piece of decompressed(chunked(bomb, []), how, limits)) given += piece.length
    }
    expect(await rejection(read({}))).toMatchObject({ code: 'too_large', errors: [{ code: 'expands_too_far' }] })
    expect(given).toBeLessThan(17 * 1024 * 1024)
    expect(await rejection(read({ maxBytes: 1e6 }))).toMatchObject({ code: 'too_large' })
    expect(given).toBeLessThan(1.1e6)
    await read({ maxRatio: 1e6 })
    expect(given).toBe(64 * 1024 * 1024)
  })

  it('an error of the source comes through as it is', async () => {
    async function* failing() {
      yield pack('x'.repeat(1000)).subarray(0, 20)
      throw new Error('the disk is gone')
    }
    const read = Array.fromAsync(decompressed(failing(), how))
    expect(await rejection(read)).toMatchObject({ message: 'the disk is gone' })
  })

  it('a reader that stops closes the source', async () => {
    let closed = false
    async function* endless() {
      try {
        for (;;) yield pack('x'.repeat(100_000))
      } finally {
        closed = true
      }
    }
    for await (const _ of decompressed(endless(), how)) break
    expect(closed).toBe(true)
  })

  it('what compressed() packs is unpacked again', async () => {
    const bytes = Buffer.from('some rows\n'.repeat(50_000))
    const packed = Buffer.concat(await Array.fromAsync(compressed(chunked(bytes, [7, 70_000]), how)))
    expect(packed.length).toBeLessThan(bytes.length / 10)
    expect(await unpack(packed, how)).toEqual(bytes)
  })
})

it('zstd frames that are to be skipped are skipped', async () => {
  const packed = Buffer.concat([skippable(9), zstdCompressSync('a'), skippable(0), zstdCompressSync('b'), skippable(3)])
  expect(compressionOf(packed)).toBe('zstd')
  for (const cuts of [[], [1, 5, 13, 20, 30]]) expect((await unpack(packed, 'zstd', cuts)).toString()).toBe('ab')
})
