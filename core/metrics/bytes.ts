/** Little-endian bytes, growing. */
export interface ByteWriter {
  byte(value: number): void
  float32(value: number): void
  float64(value: number): void
  /** A whole number from 0 in `width` bytes, 1 to 6. */
  whole(value: number, width: number): void
  /** As UTF-8. */
  text(value: string): void
  /** Numbers of `width` bytes each, written by `write`: the first bytes of all, then the second bytes of all, which compress better. */
  planes(count: number, width: number, write: (out: ByteWriter, i: number) => void): void
  done(): Uint8Array
}

/** Reads what a ByteWriter wrote, in the same order. Throws RangeError behind the end. */
export interface ByteReader {
  byte(): number
  float32(): number
  float64(): number
  whole(width: number): number
  text(): string
  planes(count: number, width: number, read: (input: ByteReader) => number): number[]
}

export function createByteWriter(): ByteWriter {
  let bytes = new Uint8Array(1024)
  let view = new DataView(bytes.buffer)
  let end = 0

  /** Makes room and returns where to write. */
  function take(size: number): number {
    if (end + size > bytes.length) {
      const larger = new Uint8Array(2 * (end + size))
      larger.set(bytes)
      bytes = larger
      view = new DataView(bytes.buffer)
    }
    end += size
    return end - size
  }

  return {
    byte(value) {
      const at = take(1)
      bytes[at] = value
    },
    float32(value) {
      const at = take(4)
      view.setFloat32(at, value, true)
    },
    float64(value) {
      const at = take(8)
      view.setFloat64(at, value, true)
    },
    whole(value, width) {
      const at = take(width)
      let rest = value
      for (let i = 0; i < width; i++) {
        bytes[at + i] = rest % 256
        rest = Math.floor(rest / 256)
      }
    },
    text(value) {
      const encoded = new TextEncoder().encode(value)
      this.whole(encoded.length, 4)
      // Taken first: making room may replace `bytes`.
      const at = take(encoded.length)
      bytes.set(encoded, at)
    },
    planes(count, width, write) {
      const rows = createByteWriter()
      for (let i = 0; i < count; i++) write(rows, i)
      const given = rows.done()
      const at = take(given.length)
      for (let i = 0; i < given.length; i++)
        bytes[at + (i % width) * count + Math.floor(i / width)] = given[i] as number
    },
    done: () => bytes.slice(0, end),
  }
}

export function createByteReader(bytes: Uint8Array): ByteReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const take = (size: number) => {
    at += size
    return at - size
  }
  return {
    text() {
      const length = this.whole(4)
      const from = take(length)
      if (from + length > bytes.length) throw new RangeError('a text ends behind the last byte')
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(from, from + length))
    },
    planes(count, width, read) {
      const rows = new Uint8Array(count * width)
      const from = take(rows.length)
      if (from + rows.length > bytes.length) throw new RangeError('a column ends behind the last byte')
      for (let i = 0; i < rows.length; i++)
        rows[i] = bytes[from + (i % width) * count + Math.floor(i / width)] as number
      const input = createByteReader(rows)
      return Array.from({ length: count }, () => read(input))
    },
    byte: () => view.getUint8(take(1)),
    float32: () => view.getFloat32(take(4), true),
    float64: () => view.getFloat64(take(8), true),
    whole(width) {
      let value = 0
      for (let i = 0; i < width; i++) value += view.getUint8(take(1)) * 256 ** i
      return value
    },
  }
}
