import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { decodeNumbers, encodeNumbers } from './encode-numbers.ts'
import { type Level, levelFields, levelShapes, type Pyramid } from './pyramid.ts'

/** Numbers as one zstd frame, losslessly. */
export const packNumbers = (numbers: Float64Array): Uint8Array => zstdCompressSync(encodeNumbers(numbers))

/** The `count` numbers that `packNumbers` packed. */
export const unpackNumbers = (bytes: Uint8Array, count: number): Float64Array =>
  decodeNumbers(zstdDecompressSync(bytes), count)

/** The levels as one zstd frame: for each its fields in order, each behind its size in four bytes. */
export function packPyramid(pyramid: Pyramid): Uint8Array {
  const pieces = pyramid.flatMap((level) =>
    levelFields.flatMap((field) => {
      const encoded = encodeNumbers(level[field].slice(0, level.nodes))
      const size = Buffer.alloc(4)
      size.writeUInt32LE(encoded.length)
      return [size, encoded]
    }),
  )
  return zstdCompressSync(Buffer.concat(pieces))
}

/** The pyramid over `count` values that `packPyramid` packed. */
export function unpackPyramid(bytes: Uint8Array, count: number): Pyramid {
  const given = zstdDecompressSync(bytes)
  let at = 0
  return levelShapes(count).map(({ size, nodes }) => {
    const fields = levelFields.map((field) => {
      const length = given.readUInt32LE(at)
      at += 4 + length
      return [field, decodeNumbers(given.subarray(at - length, at), nodes)]
    })
    return { size, nodes, ...Object.fromEntries(fields) } as Level
  })
}
