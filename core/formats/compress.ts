import { createGzip, createZstdCompress } from 'node:zlib'
import type { Compression } from './decompress.ts'
import { through } from './through.ts'

/** The bytes packed as one gzip member or zstd frame, in bounded memory. */
export function compressed(source: AsyncIterable<Uint8Array>, compression: Compression): AsyncIterable<Uint8Array> {
  return through<Uint8Array>(source, compression === 'gzip' ? createGzip() : createZstdCompress())
}
