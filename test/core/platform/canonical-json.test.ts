import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, deterministicId, digestJson, sha256, sha256OfBlob } from '../../../core/platform/digest.ts'
import { createTestPlatform } from '../support/test-platform.ts'

/** The same value with its keys in another order, at every level. */
function shuffled(value: unknown, order: (count: number) => number[]): unknown {
  if (Array.isArray(value)) return value.map((each) => shuffled(each, order))
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value)
  return Object.fromEntries(
    order(entries.length).map((i) => [entries[i]?.[0] as string, shuffled(entries[i]?.[1], order)]),
  )
}

describe('canonical JSON', () => {
  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.infiniteStream(fc.nat()), (value, numbers) => {
        const order = (count: number) => {
          const left = Array.from({ length: count }, (_, i) => i)
          const draw = () => left.splice((numbers.next().value as number) % left.length, 1)[0] as number
          return Array.from({ length: count }, draw)
        }
        expect(canonicalJson(shuffled(value, order))).toBe(canonicalJson(value))
      }),
    )
  })

  it('says what JSON says', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('tells different values apart', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b)
        if (!same && canonicalJson(a) === canonicalJson(b)) expect(a).toEqual(b)
      }),
    )
  })

  it('orders keys by code unit, those that look like numbers too', () => {
    expect(canonicalJson({ b: 1, a: 2, 10: 3, 9: 4, B: 5 })).toBe('{"10":3,"9":4,"B":5,"a":2,"b":1}')
  })

  it('leaves undefined fields out and keeps a key named __proto__', () => {
    expect(canonicalJson({ a: undefined, b: [undefined] })).toBe('{"b":[null]}')
    expect(canonicalJson(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}')
  })

  it('has the digest of its bytes', () => {
    expect(digestJson({ b: 1, a: 'ü' })).toBe(sha256('{"a":"ü","b":1}'))
  })
})

it('SHA-256 is that of the UTF-8 bytes', () => {
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  expect(sha256(new TextEncoder().encode('ü'))).toBe(sha256('ü'))
})

it('a deterministic id is 20 characters of a-z, 0-9 and never the same for two texts', () => {
  const seen = new Map<string, string>()
  fc.assert(
    fc.property(fc.string(), (text) => {
      const id = deterministicId(text)
      expect(id).toMatch(/^[a-z0-9]{20}$/)
      expect(seen.get(id) ?? text).toBe(text)
      seen.set(id, text)
    }),
  )
})

it('a blob is hashed as a stream, with its size', async () => {
  const { blobs } = createTestPlatform()
  const bytes = new Uint8Array(3_000_000).map((_, i) => i % 251)
  await blobs.put('a/b', bytes, 'absent')
  const expected = createHash('sha256').update(bytes).digest('hex')
  expect(await sha256OfBlob(blobs, 'a/b')).toEqual({ sha256: expected, size: 3_000_000 })
  await expect(sha256OfBlob(blobs, 'a/c')).rejects.toMatchObject({ code: 'not_found' })
})
