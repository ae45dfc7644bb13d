/** A list of numbers that grows at its end. What `numbers` returned stays as it is. */
export interface Growing<Numbers extends Float64Array | Uint32Array = Float64Array | Uint32Array> {
  readonly length: number
  append(more: Numbers): void
  numbers(): Numbers
  last(): number | undefined
  bytes(): number
}

export function createGrowing(kind: 'f64', first?: Float64Array): Growing<Float64Array>
export function createGrowing(kind: 'u32', first?: Uint32Array): Growing<Uint32Array>
export function createGrowing(
  kind: 'f64' | 'u32',
  first?: Float64Array | Uint32Array,
): Growing<Float64Array | Uint32Array> {
  const create = (size: number) => (kind === 'f64' ? new Float64Array(size) : new Uint32Array(size))
  let buffer = first ?? create(0)
  let length = buffer.length
  return {
    get length() {
      return length
    },
    append(more) {
      if (length + more.length > buffer.length) {
        const larger = create(Math.max(64, 2 * (length + more.length)))
        larger.set(buffer.subarray(0, length))
        buffer = larger
      }
      buffer.set(more, length)
      length += more.length
    },
    numbers: () => buffer.subarray(0, length),
    last: () => (length === 0 ? undefined : buffer[length - 1]),
    bytes: () => buffer.byteLength,
  }
}
