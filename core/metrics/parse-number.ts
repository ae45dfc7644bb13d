import { textOf } from './parse-text.ts'

/** A place in bytes, and the number that ends there. */
export interface Scan {
  bytes: Uint8Array
  at: number
  value: number
}

/** 10^0 to 10^44 as the nearest float64 and what is missing to the exact power. */
const powers = Array.from({ length: 45 }, (_, exponent) => 10n ** BigInt(exponent))
const powerHigh = Float64Array.from(powers, Number)
const powerLow = Float64Array.from(powers, (power) => Number(power - BigInt(Number(power))))
/** Splits a float64 into halves whose products are exact (Veltkamp). */
const splitter = 134217729
const powerTop = powerHigh.map(topHalf)

/** Bound of the relative error of a quotient below: 2^-102 are provable. */
const margin = 2 ** -100

/** Reads a JSON number at the scan's place, to the bit what `Number` makes of it, and moves behind it. false: there is none. */
export function scanNumber(scan: Scan): boolean {
  const { bytes } = scan
  const start = scan.at
  let at = start
  const isNegative = bytes[at] === 45
  if (isNegative) at++
  const leading = (bytes[at] as number) - 48
  if (!(leading >= 0 && leading <= 9)) return false
  let high = leading
  let low = 0
  let digits = leading === 0 ? 0 : 1
  let exponent = 0
  let digit = (bytes[++at] as number) - 48
  if (leading === 0 && digit >= 0 && digit <= 9) return false
  while (digit >= 0 && digit <= 9) {
    if (digits < 15) high = high * 10 + digit
    else low = low * 10 + digit
    digits++
    digit = (bytes[++at] as number) - 48
  }
  if (bytes[at] === 46) {
    const from = at + 1
    digit = (bytes[++at] as number) - 48
    while (digit >= 0 && digit <= 9) {
      if (digits < 15) {
        high = high * 10 + digit
        if (high !== 0) digits++
      } else {
        low = low * 10 + digit
        digits++
      }
      digit = (bytes[++at] as number) - 48
    }
    if (at === from) return false
    exponent = from - at
  }
  if (bytes[at] === 101 || bytes[at] === 69) {
    const sign = bytes[++at]
    if (sign === 45 || sign === 43) at++
    const from = at
    let size = 0
    digit = (bytes[at] as number) - 48
    while (digit >= 0 && digit <= 9) {
      if (size < 10_000) size = size * 10 + digit
      digit = (bytes[++at] as number) - 48
    }
    if (at === from) return false
    exponent += sign === 45 ? -size : size
  }
  const value = toFloat(high, low, digits, exponent) ?? Number(textOf(bytes, isNegative ? start + 1 : start, at))
  scan.value = isNegative ? -value : value
  scan.at = at
  return true
}

/** The float64 nearest to the digits times 10^exponent; undefined where that is not proven. */
function toFloat(high: number, low: number, digits: number, exponent: number): number | undefined {
  if (digits <= 15) {
    if (exponent === 0 || high === 0) return high
    if (exponent > 0) return exponent <= 22 ? high * (powerHigh[exponent] as number) : undefined
    if (exponent >= -22) return high / (powerHigh[-exponent] as number)
    return exponent >= -44 ? divide(high, 0, -exponent) : undefined
  }
  if (digits > 19 || exponent > 0 || exponent < -44) return undefined
  const scale = powerHigh[digits - 15] as number
  // Both products are exact: 2^27 times at most 23 bits, or 27 bits, by 14 bits.
  const rest = high % 134217728
  const larger = (high - rest) * scale
  const smaller = rest * scale + low
  const sum = larger + smaller
  if (exponent === 0) return sum
  return divide(sum, smaller - (sum - larger), -exponent)
}

/** (high + low) / 10^exponent in twice the precision of float64 (Dekker); undefined where its error could change the rounding. */
function divide(high: number, low: number, exponent: number): number | undefined {
  const divisor = powerHigh[exponent] as number
  const divisorTop = powerTop[exponent] as number
  const divisorRest = divisor - divisorTop
  const quotient = high / divisor
  const top = topHalf(quotient)
  const rest = quotient - top
  const product = quotient * divisor
  const productError = rest * divisorRest - (product - top * divisorTop - rest * divisorTop - top * divisorRest)
  const remainder = high - product - productError + low - quotient * (powerLow[exponent] as number)
  const correction = remainder / divisor
  const bound = quotient * margin
  const value = quotient + (correction - bound)
  return value === quotient + (correction + bound) ? value : undefined
}

function topHalf(value: number): number {
  const scaled = splitter * value
  return scaled - (scaled - value)
}
