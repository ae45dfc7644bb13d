/** How far the upper halves of float64 may lie apart, so that their distance is a whole number below 2^53. */
const maxUpperSpan = 2 ** 20

/** Fills `wholes` with the places of the numbers among all float32, -0 just below 0; false when one is no float32. */
export function toOrdinals32(numbers: Float64Array, wholes: Float64Array): boolean {
  const count = numbers.length
  for (let i = 0; i < count; i++) {
    const each = numbers[i] as number
    if (Math.fround(each) !== each && !Number.isNaN(each)) return false
  }
  const bits = new Int32Array(Float32Array.from(numbers).buffer)
  for (let i = 0; i < count; i++) {
    const each = bits[i] as number
    wholes[i] = each >= 0 ? each : -(each & 0x7fffffff) - 1
  }
  return true
}

export function fromOrdinals32(wholes: Float64Array): Float64Array {
  const bits = Int32Array.from(wholes, (each) => (each >= 0 ? each : (-each - 1) | 0x80000000))
  return Float64Array.from(new Float32Array(bits.buffer))
}

/** As 64-bit patterns above the upper half of the first, which is returned; undefined when they lie too far apart. */
export function toOrdinals64(numbers: Float64Array, wholes: Float64Array): number | undefined {
  const halves = new Uint32Array(numbers.buffer, numbers.byteOffset, 2 * numbers.length)
  const base = halves[1] as number
  for (let i = 0; i < numbers.length; i++) {
    const apart = (halves[2 * i + 1] as number) - base
    if (apart > maxUpperSpan || apart < -maxUpperSpan) return undefined
    wholes[i] = apart * 4294967296 + (halves[2 * i] as number)
  }
  return base
}

export function fromOrdinals64(wholes: Float64Array, base: number): Float64Array {
  const numbers = new Float64Array(wholes.length)
  const halves = new Uint32Array(numbers.buffer)
  for (let i = 0; i < wholes.length; i++) {
    const each = wholes[i] as number
    const apart = Math.floor(each / 4294967296)
    halves[2 * i] = each - apart * 4294967296
    halves[2 * i + 1] = base + apart
  }
  return numbers
}
