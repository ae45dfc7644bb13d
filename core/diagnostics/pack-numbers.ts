/**
 * Numbers as few bytes, exact: the count without zeros at the end (1 byte), two bits of kind for each (0 zero, 1 whole number as
 * varint, 2 float32, 3 float64; little-endian), then the numbers.
 */
export function packNumbers(numbers: ArrayLike<number>): number[] {
  let count = numbers.length
  while (count > 0 && Object.is(numbers[count - 1], 0)) count--
  const kinds = new Array<number>(Math.ceil(count / 4)).fill(0)
  const body: number[] = []
  for (let i = 0; i < count; i++) kinds[i >> 2]! |= packNumber(numbers[i]!, body) << (2 * (i & 3))
  return [count, ...kinds, ...body]
}

/** Fills `into`; returns where it stopped reading. undefined: these bytes are no such numbers. */
export function unpackNumbers(bytes: Uint8Array, from: number, into: Float32Array | Float64Array): number | undefined {
  const count = bytes[from]
  if (count === undefined || count > into.length) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let next = from + 1 + Math.ceil(count / 4)
  for (let i = 0; i < count; i++) {
    const kind = (bytes[from + 1 + (i >> 2)]! >> (2 * (i & 3))) & 3
    const size = kind < 2 ? kind : kind === 2 ? 4 : 8
    if (!(next + size <= bytes.length)) return undefined
    if (kind === 1) {
      let whole = 0
      let factor = 1
      for (let more = true; more; next++, factor *= 128) {
        if (next >= bytes.length) return undefined
        more = bytes[next]! >= 128
        whole += (bytes[next]! & 127) * factor
      }
      into[i] = whole
      continue
    }
    if (kind === 2) into[i] = view.getFloat32(next, true)
    if (kind === 3) into[i] = view.getFloat64(next, true)
    next += size
  }
  return next
}

const scratch = new DataView(new ArrayBuffer(8))

function packNumber(value: number, body: number[]): number {
  if (Object.is(value, 0)) return 0
  if (Number.isSafeInteger(value) && value > 0) {
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) body.push((rest % 128) | 128)
    body.push(rest)
    return 1
  }
  const single = Object.is(Math.fround(value), value)
  if (single) scratch.setFloat32(0, value, true)
  else scratch.setFloat64(0, value, true)
  for (let i = 0; i < (single ? 4 : 8); i++) body.push(scratch.getUint8(i))
  return single ? 2 : 3
}
