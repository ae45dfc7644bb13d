/** Powers of ten up to 10^22 are exact. */
const maxDecimals = 15
const powersOfTen = Float64Array.from({ length: maxDecimals + 1 }, (_, exponent) => 10 ** exponent)
const maxBinaryExponent = 1000

const scratch = new DataView(new ArrayBuffer(8))

/**
 * Fills `wholes` with the numbers times 10^exponent and returns the exponent; undefined when a number has no such form: not finite, -0,
 * too many digits. Dividing again gives every bit back.
 */
export function toDecimal(numbers: Float64Array, wholes: Float64Array): number | undefined {
  const count = numbers.length
  let exponent = 0
  let factor = 1
  let raisedAt = 0
  for (let i = 0; i < count; i++) {
    const each = numbers[i] as number
    let whole = Math.round(each * factor)
    while (!isExact(whole, factor, each)) {
      if (exponent === maxDecimals) return undefined
      exponent += 1
      raisedAt = i
      factor = powersOfTen[exponent] as number
      whole = Math.round(each * factor)
    }
    wholes[i] = whole
  }
  for (let i = 0; i < raisedAt; i++) {
    const each = numbers[i] as number
    const whole = Math.round(each * factor)
    if (!isExact(whole, factor, each)) return undefined
    wholes[i] = whole
  }
  return exponent
}

/** -0 is not: the reader would give 0 back. */
function isExact(whole: number, factor: number, number: number): boolean {
  return whole / factor === number && Math.abs(whole) <= 2 ** 52 && (whole !== 0 || Object.is(number, 0))
}

/** As `toDecimal`, for numbers times 2^exponent. What is averaged over a batch, or moves little, has this form. */
export function toBinary(numbers: Float64Array, wholes: Float64Array): number | undefined {
  let lowest = 0
  let highest = -Infinity
  for (let i = 0; i < numbers.length; i++) {
    const each = numbers[i] as number
    scratch.setFloat64(0, each)
    const high = scratch.getUint32(0)
    if (each === 0) {
      if (high !== 0) return undefined
      continue
    }
    const exponent = ((high >>> 20) & 2047) - 1023
    if (exponent === 1024 || exponent === -1023) return undefined
    const low = scratch.getUint32(4)
    const zeros = low !== 0 ? trailingZeros(low) : 32 + trailingZeros((high & 0xfffff) | 0x100000)
    const unit = exponent - 52 + zeros
    if (unit < lowest) lowest = unit
    if (exponent > highest) highest = exponent
    if (highest - lowest > 51) return undefined
  }
  if (-lowest > maxBinaryExponent) return undefined
  const factor = 2 ** -lowest
  for (let i = 0; i < numbers.length; i++) wholes[i] = (numbers[i] as number) * factor
  return -lowest
}

const trailingZeros = (bits: number) => 31 - Math.clz32(bits & -bits)
