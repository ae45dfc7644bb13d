import type { ByteReader, ByteWriter } from './bytes.ts'

/**
 * How the numbers of one column lie: all the same; first and stride; float32; float64; or scaled, which are whole numbers of
 * base^-exponent above a smallest one, in as few bytes as the largest needs. Base 10 fits what a trainer rounds, base 2 what it
 * averages over a batch.
 */
const kinds = { constant: 0, stride: 1, float32: 2, float64: 3, decimal: 4, binary: 5 } as const

const scales = [
  { kind: kinds.decimal, base: 10, maxExponent: 9 },
  { kind: kinds.binary, base: 2, maxExponent: 20 },
] as const
type Scale = (typeof scales)[number]

interface Scaled {
  scale: Scale
  exponent: number
  smallest: number
  width: number
  offsets: number[]
}

/** Writes the numbers in the smallest form that gives every bit back. */
export function writeNumbers(out: ByteWriter, numbers: readonly number[]): void {
  const first = numbers[0] ?? 0
  if (numbers.every((each) => Object.is(each, first))) {
    out.byte(kinds.constant)
    out.float64(first)
    return
  }
  const stride = (numbers[1] as number) - first
  if (numbers.every((each, i) => Object.is(each, first + i * stride))) {
    out.byte(kinds.stride)
    out.float64(first)
    out.float64(stride)
    return
  }
  const width = numbers.every((each) => Object.is(Math.fround(each), each)) ? 4 : 8
  const [scaled] = scales.flatMap((scale) => toScaled(numbers, scale) ?? []).sort((a, b) => a.width - b.width)
  if (scaled && 10 + scaled.width * numbers.length < width * numbers.length) {
    writeScaled(out, scaled)
    return
  }
  out.byte(width === 4 ? kinds.float32 : kinds.float64)
  const number = (i: number) => numbers[i] as number
  out.planes(numbers.length, width, (row, i) => (width === 4 ? row.float32(number(i)) : row.float64(number(i))))
}

/** The `count` numbers that `writeNumbers` wrote. Throws RangeError when the bytes are not its own. */
export function readNumbers(input: ByteReader, count: number): number[] {
  const numbers = (read: (i: number) => number) => Array.from({ length: count }, (_, i) => read(i))
  const kind = input.byte()
  switch (kind) {
    case kinds.constant: {
      const value = input.float64()
      return numbers(() => value)
    }
    case kinds.stride: {
      const first = input.float64()
      const stride = input.float64()
      return numbers((i) => first + i * stride)
    }
    case kinds.float32:
      return input.planes(count, 4, (row) => row.float32())
    case kinds.float64:
      return input.planes(count, 8, (row) => row.float64())
  }
  const scale = scales.find((each) => each.kind === kind)
  if (!scale) throw new RangeError(`a column of metrics has the unknown form ${kind}`)
  const [exponent, width, smallest] = [input.byte(), input.byte(), input.float64()]
  return input.planes(count, width, (row) => (smallest + row.whole(width)) / scale.base ** exponent)
}

function writeScaled(out: ByteWriter, { scale, exponent, width, smallest, offsets }: Scaled): void {
  out.byte(scale.kind)
  out.byte(exponent)
  out.byte(width)
  out.float64(smallest)
  out.planes(offsets.length, width, (row, i) => row.whole(offsets[i] as number, width))
}

/** undefined when a number has no such form: not finite, -0, too many digits, too large. */
function toScaled(numbers: readonly number[], scale: Scale): Scaled | undefined {
  for (let exponent = 0; exponent <= scale.maxExponent; exponent++) {
    const factor = scale.base ** exponent
    // `+ 0` makes -0 of it 0, which then differs from the number: the reader could not give it back.
    const whole = numbers.map((each) => Math.round(each * factor) + 0)
    // The same division as the reader's: what it gives back is compared bit by bit.
    if (!whole.every((each, i) => Number.isSafeInteger(each) && Object.is(each / factor, numbers[i]))) continue
    const smallest = whole.reduce((least, each) => Math.min(least, each))
    const offsets = whole.map((each) => each - smallest)
    const largest = offsets.reduce((most, each) => Math.max(most, each))
    // Below 2^48, so that sums and offsets stay whole numbers.
    if (largest >= 2 ** 48) return undefined
    return { scale, exponent, smallest, width: bytesOf(largest), offsets }
  }
  return undefined
}

function bytesOf(largest: number): number {
  let width = 1
  while (largest >= 256 ** width) width++
  return width
}
