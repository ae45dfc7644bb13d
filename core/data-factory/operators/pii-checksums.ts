const idWeights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
const idChecks = '10X98765432'
/** First two digits: provinces of GB/T 2260. */
const provinces = /^(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91)/
/** Issuer prefixes with their lengths (ISO/IEC 7812): Visa, Mastercard, American Express, Discover, JCB, Diners, UnionPay. */
const issuers =
  /^(?:4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|(?:6011|65\d\d|64[4-9]\d)\d{12,15}|35(?:2[89]|[3-8]\d)\d{12,15}|3(?:0[0-59]|[689]\d)\d{11,16}|62\d{14,17})$/
/** Country codes of E.164 with two digits; the others have one (1, 7) or three. */
const twoDigitCodes = /^(?:2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/
const threeDigitCodes = /^(?:2[1-69]\d|3[578]\d|42[0-3]|50\d|59\d|6[789]\d|8[0578]\d|96\d|97[0-79]|99[2-68])/

/** Luhn (ISO/IEC 7812-1) and a known issuer. `digits` holds digits only. */
export function isCardNumber(digits: string): boolean {
  if (!issuers.test(digits) || /^(\d)\1*$/.test(digits)) return false
  let sum = 0
  for (let i = digits.length - 1, doubled = false; i >= 0; i--, doubled = !doubled) {
    const digit = digits.charCodeAt(i) - 48
    const value = doubled ? digit * 2 : digit
    sum += value > 9 ? value - 9 : value
  }
  return sum % 10 === 0
}

/** Citizen identity number (GB 11643): province, date of birth, ISO 7064 MOD 11-2 check character. */
export function isChineseId(id: string): boolean {
  if (!provinces.test(id)) return false
  const [year, month, day] = [Number(id.slice(6, 10)), Number(id.slice(10, 12)), Number(id.slice(12, 14))]
  if (year < 1800 || year > 2100 || month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return false
  let sum = 0
  for (let i = 0; i < 17; i++) sum += (id.charCodeAt(i) - 48) * idWeights[i]!
  return idChecks[sum % 11] === id[17]?.toUpperCase()
}

/** Four numbers up to 255 without leading zeros; not the loopback, unspecified and broadcast addresses. */
export function isPublishableIpv4(address: string): boolean {
  const octets = address.split('.')
  if (octets.some((octet) => Number(octet) > 255 || (octet.length > 1 && octet.startsWith('0')))) return false
  return octets[0] !== '127' && address !== '0.0.0.0' && address !== '255.255.255.255'
}

/** A known country code and a plausible length: 8 to 15 digits (E.164); exactly 11 after +1, with an area code. */
export function isInternationalNumber(digits: string): boolean {
  if (digits.length < 8 || digits.length > 15 || /^(\d)\1*$/.test(digits)) return false
  if (digits.startsWith('1')) return /^1[2-9]\d\d[2-9]\d{6}$/.test(digits)
  if (digits.startsWith('7')) return digits.length === 11
  if (twoDigitCodes.test(digits)) return digits.length >= 9
  return threeDigitCodes.test(digits)
}

function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}
