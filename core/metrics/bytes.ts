/** Little-endian bytes, growing: the functions below append to it. */
export interface ByteWriter {
  bytes: Uint8Array
  view: DataView
  end: number
}

/** Reads what was written to a ByteWriter, in the same order. The functions below throw RangeError behind the end. */
export interface ByteReader {
  bytes: Uint8Array
  view: DataView
  at: number
}

const encoder = new TextEncoder()

export function createByteWriter(size = 1024): ByteWriter {
  const bytes = new Uint8Array(size)
  return { bytes, view: new DataView(bytes.buffer), end: 0 }
}

export function createByteReader(bytes: Uint8Array): ByteReader {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 }
}

/** Makes room for so many bytes, which are 0, and returns where they begin. */
export function reserve(out: ByteWriter, size: number): number {
  const at = out.end
  if (at + size > out.bytes.length) {
    const larger = new Uint8Array(2 * (at + size))
    larger.set(out.bytes)
    out.bytes = larger
    out.view = new DataView(larger.buffer)
  }
  out.end = at + size
  return at
}

/** What was written so far, as a view that the next write may outdate. */
export const written = (out: ByteWriter): Uint8Array => out.bytes.subarray(0, out.end)

export function putByte(out: ByteWriter, value: number): void {
  const at = reserve(out, 1)
  out.bytes[at] = value
}

export function putFloat64(out: ByteWriter, value: number): void {
  const at = reserve(out, 8)
  out.view.setFloat64(at, value, true)
}

/** A whole number from 0 to 2^53 in seven bits a byte. */
export function putWhole(out: ByteWriter, value: number): void {
  let rest = value
  while (rest >= 128) {
    putByte(out, (rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  putByte(out, rest)
}

/** A whole number of either sign, below 2^53: the sign is a byte's lowest bit, so that small numbers stay short. */
export function putSigned(out: ByteWriter, value: number): void {
  const magnitude = Math.abs(value)
  const low = magnitude % 64
  const rest = (magnitude - low) / 64
  putByte(out, (value < 0 ? 1 : 0) + low * 2 + (rest > 0 ? 128 : 0))
  if (rest > 0) putWhole(out, rest)
}

export function putBytes(out: ByteWriter, value: Uint8Array): void {
  putWhole(out, value.length)
  // Taken first: making room may replace the bytes.
  const at = reserve(out, value.length)
  out.bytes.set(value, at)
}

/** As UTF-8. */
export const putText = (out: ByteWriter, value: string): void => putBytes(out, encoder.encode(value))

/** Where the next `size` bytes begin. */
export function take(input: ByteReader, size: number): number {
  const at = input.at
  if (!(at + size <= input.bytes.length)) throw new RangeError('the bytes end before what they hold')
  input.at = at + size
  return at
}

export const takeByte = (input: ByteReader): number => input.bytes[take(input, 1)] as number

export const takeFloat64 = (input: ByteReader): number => input.view.getFloat64(take(input, 8), true)

export function takeWhole(input: ByteReader): number {
  let value = 0
  for (let scale = 1; ; scale *= 128) {
    const byte = takeByte(input)
    value += (byte % 128) * scale
    if (byte < 128) return value
    if (scale > 2 ** 49) throw new RangeError('a whole number is longer than 2^53')
  }
}

export function takeSigned(input: ByteReader): number {
  const byte = takeByte(input)
  const magnitude = ((byte % 128) >> 1) + (byte < 128 ? 0 : takeWhole(input) * 64)
  // Not -0.
  return byte % 2 === 1 ? 0 - magnitude : magnitude
}

export function takeBytes(input: ByteReader): Uint8Array {
  const size = takeWhole(input)
  const at = take(input, size)
  return input.bytes.subarray(at, at + size)
}

export function takeText(input: ByteReader): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(takeBytes(input))
}
