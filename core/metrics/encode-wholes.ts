import { type ByteReader, type ByteWriter, putByte, putSigned, reserve, take, takeByte, takeSigned } from './bytes.ts'

/** How whole numbers are written: as differences of this order, each above the smallest, in so many bits. */
export interface WholesPlan {
  order: number
  smallest: number
  bits: number
}

/** Differences of differences of differences: a schedule of the learning rate is smooth to the third order. */
const maxOrder = 3

/** Third differences stay below 2^53, and so exact, while the numbers differ by less than this. */
const maxSpanOfDifferences = 2 ** 49

/** The order of differences that needs the fewest bits; undefined when the numbers span 2^53 or more. At least one number. */
export function planWholes(wholes: Float64Array, count: number): WholesPlan | undefined {
  let least = wholes[0] as number
  let most = least
  for (let i = 1; i < count; i++) {
    const each = wholes[i] as number
    if (each < least) least = each
    else if (each > most) most = each
  }
  const span = most - least
  if (!(span < 2 ** 53)) return undefined
  const plan = { order: 0, smallest: least, bits: bitsOf(span) }
  return span < maxSpanOfDifferences && plan.bits > 0 ? withDifferences(wholes, count, plan) : plan
}

/** The best of the orders from 1, when one is better than order 0. All orders in one pass. */
function withDifferences(wholes: Float64Array, count: number, plan: WholesPlan): WholesPlan {
  const base = wholes[0] as number
  let [before, before1, before2] = [0, 0, 0]
  let [least1, least2, least3] = [Infinity, Infinity, Infinity]
  let [most1, most2, most3] = [-Infinity, -Infinity, -Infinity]
  for (let i = 1; i < count; i++) {
    const value = (wholes[i] as number) - base
    const first = value - before
    if (first < least1) least1 = first
    if (first > most1) most1 = first
    const second = first - before1
    if (i > 1) {
      if (second < least2) least2 = second
      if (second > most2) most2 = second
    }
    const third = second - before2
    if (i > 2) {
      if (third < least3) least3 = third
      if (third > most3) most3 = third
    }
    before = value
    before1 = first
    before2 = second
  }
  let best = plan
  const better = (order: number, smallest: number, most: number) => {
    if (count <= order) return
    const bits = bitsOf(most - smallest)
    // A higher order repays its longer head.
    if (bits + 1 < best.bits || (bits === 0 && best.bits > 0)) best = { order, smallest, bits }
  }
  better(1, least1, most1)
  better(2, least2, most2)
  better(maxOrder, least3, most3)
  return best
}

/** Writes whole numbers by a plan made of them. `wholes` holds the differences afterwards. */
export function writeWholes(out: ByteWriter, wholes: Float64Array, count: number, plan: WholesPlan): void {
  const { order, smallest, bits } = plan
  putByte(out, order * 64 + bits)
  for (let pass = 0; pass < order; pass++)
    for (let i = count - 1; i > pass; i--) wholes[i] = (wholes[i] as number) - (wholes[i - 1] as number)
  putSigned(out, smallest)
  for (let i = 0; i < order; i++) putSigned(out, wholes[i] as number)
  const rows = count - order
  const planes = bits >> 3
  const at = reserve(out, planes * rows)
  writePlanes(out.bytes, at, wholes, order, rows, planes, smallest)
  const rest = bits & 7
  if (rest > 0) writeBits(out, wholes, order, rows, rest, smallest, 256 ** planes)
}

/** The lowest bytes of all numbers, then the second bytes of all, which compress better. */
function writePlanes(
  bytes: Uint8Array,
  from: number,
  wholes: Float64Array,
  order: number,
  rows: number,
  planes: number,
  smallest: number,
): void {
  for (let i = 0; i < rows; i++) {
    const value = (wholes[order + i] as number) - smallest
    let at = from + i
    let low = value >>> 0
    for (let plane = 0; plane < planes; plane++) {
      if (plane === 4) low = Math.floor(value / 4294967296)
      bytes[at] = low & 255
      low >>>= 8
      at += rows
    }
  }
}

/** What is above whole bytes, 1 to 7 bits of each number. */
function writeBits(
  out: ByteWriter,
  wholes: Float64Array,
  order: number,
  rows: number,
  width: number,
  smallest: number,
  unit: number,
): void {
  let at = reserve(out, Math.ceil((rows * width) / 8))
  const { bytes } = out
  let pending = 0
  let size = 0
  for (let i = 0; i < rows; i++) {
    pending |= Math.floor(((wholes[order + i] as number) - smallest) / unit) << size
    size += width
    if (size >= 8) {
      bytes[at++] = pending & 255
      pending >>>= 8
      size -= 8
    }
  }
  if (size > 0) bytes[at] = pending
}

/** The `count` whole numbers that `writeWholes` wrote. */
export function readWholes(input: ByteReader, count: number): Float64Array {
  const head = takeByte(input)
  const [order, bits] = [head >> 6, head & 63]
  if (order > count || bits > 53) throw new RangeError(`a column of ${count} numbers has differences of order ${order}`)
  const smallest = takeSigned(input)
  const wholes = new Float64Array(count)
  for (let i = 0; i < order; i++) wholes[i] = takeSigned(input)
  const rows = count - order
  const planes = bits >> 3
  let from = take(input, planes * rows)
  for (let plane = 0, unit = 1; plane < planes; plane++, unit *= 256)
    for (let i = order; i < count; i++) wholes[i] = (wholes[i] as number) + unit * (input.bytes[from++] as number)
  const rest = bits & 7
  if (rest > 0) readBits(input, wholes, order, rest, 256 ** planes)
  for (let i = order; i < count; i++) wholes[i] = (wholes[i] as number) + smallest
  for (let pass = order - 1; pass >= 0; pass--)
    for (let i = pass + 1; i < count; i++) wholes[i] = (wholes[i] as number) + (wholes[i - 1] as number)
  return wholes
}

function readBits(input: ByteReader, wholes: Float64Array, order: number, width: number, unit: number): void {
  const rows = wholes.length - order
  let at = take(input, Math.ceil((rows * width) / 8))
  const mask = (1 << width) - 1
  let pending = 0
  let size = 0
  for (let i = order; i < wholes.length; i++) {
    if (size < width) {
      pending |= (input.bytes[at++] as number) << size
      size += 8
    }
    wholes[i] = (wholes[i] as number) + unit * (pending & mask)
    pending >>>= width
    size -= width
  }
}

function bitsOf(span: number): number {
  if (span < 4294967296) return 32 - Math.clz32(span)
  return 64 - Math.clz32(Math.floor(span / 4294967296))
}
