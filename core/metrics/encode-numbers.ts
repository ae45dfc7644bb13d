import {
  type ByteReader,
  type ByteWriter,
  createByteReader,
  createByteWriter,
  putByte,
  putFloat64,
  putWhole,
  reserve,
  take,
  takeByte,
  takeFloat64,
  takeWhole,
  written,
} from './bytes.ts'
import { fromOrdinals32, fromOrdinals64, toOrdinals32, toOrdinals64 } from './encode-ordinals.ts'
import { toBinary, toDecimal } from './encode-scaled.ts'
import { planWholes, readWholes, type WholesPlan, writeWholes } from './encode-wholes.ts'

/**
 * How the numbers of one column lie. Whole numbers are what a trainer counts or rounds (times a power of ten), averages over a batch
 * (times a power of two), or the places of floats among all floats of their size.
 */
const kinds = { constant: 0, decimal: 1, binary: 2, ordinals32: 3, ordinals64: 4, float64: 5 } as const

interface Form {
  kind: number
  /** Exponent of the scale, or upper half of the first float64. */
  parameter: number
  plan: WholesPlan
  wholes: Float64Array
}

/** Lossless, in the smallest of the forms; not compressed. NaN comes back as NaN, -0 as -0. */
export function encodeNumbers(values: Float64Array): Uint8Array {
  const out = createByteWriter(64 + 8 * values.length)
  writeNumbers(out, values)
  return written(out)
}

/** The `count` numbers that `encodeNumbers` encoded. Throws RangeError when the bytes are not its own. */
export function decodeNumbers(bytes: Uint8Array, count: number): Float64Array {
  return readNumbers(createByteReader(bytes), count)
}

/** As `encodeNumbers`, behind what is written. */
export function writeNumbers(out: ByteWriter, given: Float64Array): void {
  const first = given[0] ?? 0
  if (isConstant(given, first)) {
    putByte(out, kinds.constant)
    putFloat64(out, first)
    return
  }
  const form = smallest(given)
  if (form) {
    putByte(out, form.kind)
    if (form.kind !== kinds.ordinals32) putWhole(out, form.parameter)
    writeWholes(out, form.wholes, given.length, form.plan)
    return
  }
  putByte(out, kinds.float64)
  writeFloats(out, given)
}

/** As `decodeNumbers`, from where the reader stands. */
export function readNumbers(input: ByteReader, count: number): Float64Array {
  const kind = takeByte(input)
  switch (kind) {
    case kinds.constant:
      return new Float64Array(count).fill(takeFloat64(input))
    case kinds.decimal:
      return unscaled(10 ** takeWhole(input), readWholes(input, count))
    case kinds.binary:
      return unscaled(2 ** takeWhole(input), readWholes(input, count))
    case kinds.ordinals32:
      return fromOrdinals32(readWholes(input, count))
    case kinds.ordinals64: {
      const base = takeWhole(input)
      return fromOrdinals64(readWholes(input, count), base)
    }
    case kinds.float64:
      return readFloats(input, count)
    default:
      throw new RangeError(`a column of metrics has the unknown form ${kind}`)
  }
}

function isConstant(numbers: Float64Array, first: number): boolean {
  for (let i = 1; i < numbers.length; i++) if (!Object.is(numbers[i], first)) return false
  return true
}

/** undefined when only float64 in full will do. */
function smallest(numbers: Float64Array): Form | undefined {
  let best: Form | undefined
  let wholes = new Float64Array(numbers.length)
  const consider = (kind: number, parameter: number | undefined) => {
    const plan = parameter === undefined ? undefined : planWholes(wholes, numbers.length)
    if (plan === undefined || (best && best.plan.bits <= plan.bits)) return
    best = { kind, parameter: parameter as number, plan, wholes }
    wholes = new Float64Array(numbers.length)
  }
  const bits = () => best?.plan.bits ?? 64
  consider(kinds.decimal, toDecimal(numbers, wholes))
  if (bits() > 1) consider(kinds.binary, toBinary(numbers, wholes))
  if (bits() > 20) consider(kinds.ordinals32, toOrdinals32(numbers, wholes) ? 0 : undefined)
  if (bits() > 32) consider(kinds.ordinals64, toOrdinals64(numbers, wholes))
  return best
}

function unscaled(factor: number, wholes: Float64Array): Float64Array {
  for (let i = 0; i < wholes.length; i++) wholes[i] = (wholes[i] as number) / factor
  return wholes
}

/** The first bytes of all, then the second bytes of all. */
function writeFloats(out: ByteWriter, numbers: Float64Array): void {
  const rows = numbers.length
  const given = new Uint8Array(numbers.buffer, numbers.byteOffset, 8 * rows)
  const at = reserve(out, given.length)
  for (let plane = 0; plane < 8; plane++)
    for (let i = 0; i < rows; i++) out.bytes[at + plane * rows + i] = given[8 * i + plane] as number
}

function readFloats(input: ByteReader, rows: number): Float64Array {
  const numbers = new Float64Array(rows)
  const bytes = new Uint8Array(numbers.buffer)
  const at = take(input, bytes.length)
  for (let plane = 0; plane < 8; plane++)
    for (let i = 0; i < rows; i++) bytes[8 * i + plane] = input.bytes[at + plane * rows + i] as number
  return numbers
}
