import fc from 'fast-check'
import type { PiiKind } from '../../../../core/data-factory/operators/find-pii.ts'

const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`))
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const secret = (length: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength: length, maxLength: length })
/** Any two of them differ, as in a key that somebody drew. */
const drawn = (length: number) => secret(length - 10).map((text) => `aZ4x9QmB7k${text}`)

/** The check digit that makes the sum of Luhn a multiple of ten, found by trying all. */
export function withLuhn(body: string): string {
  const sum = (text: string): number =>
    [...text].reverse().reduce((total, character, i) => {
      const doubled = i % 2 === 1 ? Number(character) * 2 : Number(character)
      return total + Math.floor(doubled / 10) + (doubled % 10)
    }, 0)
  const last = [...'0123456789'].find((digit) => sum(body + digit) % 10 === 0)
  return body + last
}

/** ISO 7064 MOD 11-2: the character c for which the polynomial of the number at 2 is 1 modulo 11. */
export function withMod11(body: string): string {
  const last = [...'0123456789X'].find((character) => {
    const value = [...body].reduce((sum, digit) => (sum * 2 + Number(digit) * 2) % 11, 0)
    return (value + (character === 'X' ? 10 : Number(character))) % 11 === 1
  })
  return body + last
}

const two = (from: number, to: number) =>
  fc.integer({ min: from, max: to }).map((value) => String(value).padStart(2, '0'))
const label = fc.stringMatching(/^[a-z][a-z0-9]{1,8}$/)

/** Valid values of each kind. */
export const piiValues: Record<PiiKind, fc.Arbitrary<string>> = {
  email: fc
    .tuple(
      fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9._+-]{0,12}[a-z0-9]$/),
      label,
      fc.constantFrom('com', 'org', 'co.uk', 'cn', 'io'),
    )
    .filter(([local]) => !local.includes('..'))
    .map(([local, host, top]) => `${local}@${host}.${top}`),
  ipv4: fc
    .tuple(
      fc.integer({ min: 1, max: 254 }).filter((first) => first !== 127),
      fc.ipV4(),
    )
    .map(([first, address]) => [first, ...address.split('.').slice(1)].join('.')),
  cn_mobile: fc
    .tuple(
      fc.constantFrom('', '+86 ', '86-', '+86'),
      fc.stringMatching(/^1[3-9]\d$/),
      digits(4),
      digits(4),
      fc.constantFrom('', ' ', '-'),
    )
    .filter(([, , , last]) => last !== '0000')
    .map(([code, head, middle, last, gap]) => code + [head, middle, last].join(gap)),
  cn_id: fc
    .tuple(
      fc.constantFrom('110105', '310112', '440304', '510107'),
      fc.integer({ min: 1930, max: 2020 }),
      two(1, 12),
      two(1, 28),
      digits(3),
    )
    .map((parts) => withMod11(parts.join(''))),
  card: fc
    .tuple(
      fc.constantFrom(['4', 14], ['51', 13], ['6011', 11], ['34', 12], ['62', 13]),
      digits(14),
      fc.constantFrom('', ' ', '-'),
    )
    .map(([[prefix, more], rest, gap]) => {
      const number = withLuhn(`${prefix}${rest.slice(0, more as number)}`)
      return number.length === 16 ? (number.match(/.{4}/g) ?? []).join(gap) : number
    })
    .filter((number) => !/^(\d)\1*$/.test(number)),
  phone: fc.oneof(
    fc
      .tuple(fc.stringMatching(/^[2-9]\d{2}$/), fc.stringMatching(/^[2-9]\d{2}$/), digits(4))
      .map((parts) => `+1 ${parts.join('-')}`),
    fc.tuple(fc.stringMatching(/^\d{4}$/), digits(6)).map(([area, rest]) => `+44 ${area} ${rest}`),
    fc.tuple(fc.stringMatching(/^[1-9]\d$/), digits(7)).map(([area, rest]) => `+49 (${area}) ${rest}`),
    digits(8).map((rest) => `+852${rest}`),
  ),
  api_key: fc.oneof(
    drawn(24).map((rest) => `sk-${rest}`),
    drawn(40).map((rest) => `sk-proj-${rest}`),
    drawn(36).map((rest) => `ghp_${rest}`),
    drawn(24).map((rest) => `sk_live_${rest}`),
    drawn(35).map((rest) => `AIza${rest}`),
    drawn(24).map((rest) => `xoxb-12345-${rest}`),
    drawn(34).map((rest) => `hf_${rest}`),
    fc.stringMatching(/^[A-Z2-7]{8}$/).map((rest) => `AKIAQ3ZT5XKB${rest}`),
    drawn(60).map((rest) => `-----BEGIN RSA PRIVATE KEY-----\n${rest}\n-----END RSA PRIVATE KEY-----`),
  ),
}
