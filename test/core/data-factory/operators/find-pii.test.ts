import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findPii, type PiiKind } from '../../../../core/data-factory/operators/find-pii.ts'
import { isCardNumber, isChineseId } from '../../../../core/data-factory/operators/pii-checksums.ts'
import { piiPatterns } from '../../../../schemas/operators.ts'
import { piiValues } from './pii-values.ts'
import { realDataIsHere, realTexts } from './real-data.ts'

const all = new Set(piiPatterns)
const found = (text: string) => findPii(text, all).map(({ start, end, kind }) => [kind, text.slice(start, end)])
const around = fc.string({ unit: fc.constantFrom(...'abc é中文。,:;!?"(\n '), maxLength: 30 })
const kinds = Object.entries(piiValues) as [PiiKind, fc.Arbitrary<string>][]

describe('finding personal data', () => {
  it.each(kinds)('always finds a valid %s, whole, in any text', (kind, values) => {
    fc.assert(
      fc.property(around, values, around, (before, value, after) => {
        const text = `${before} ${value}${/^[(]/.test(after) ? ' ' : ''}${after.replace(/^[a-c:é]/, ' ')}`
        expect(found(text)).toEqual([[kind, value]])
      }),
      { seed: 11, numRuns: 2000 },
    )
  })

  it.each(kinds)('finds a %s between Han characters', (kind, values) => {
    fc.assert(
      fc.property(values, (value) => {
        expect(found(`号码是${value}，谢谢`)).toEqual([[kind, value]])
      }),
      { seed: 12, numRuns: 500 },
    )
  })

  it('takes no card and no identity number with another digit for one', () => {
    const changed = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 9 }))
    const spoil = (value: string, [place, by]: [number, number]): string => {
      const places = [...value].flatMap((character, i) => (/\d/.test(character) ? [i] : []))
      const at = places[place % places.length]!
      return value.slice(0, at) + String((Number(value[at]) + by) % 10) + value.slice(at + 1)
    }
    for (const kind of ['card', 'cn_id'] as const)
      fc.assert(
        fc.property(piiValues[kind], changed, (value, change) => {
          const named = found(`no ${spoil(value, change)} here`).map(([name]) => name)
          expect(named).not.toContain(kind)
        }),
        { seed: 13, numRuns: 3000 },
      )
  })

  it('knows the examples of the standards', () => {
    expect([isCardNumber('4111111111111111'), isCardNumber('4111111111111112')]).toEqual([true, false])
    expect([isChineseId('11010519491231002X'), isChineseId('110105194912310021')]).toEqual([true, false])
    expect(isChineseId('11010519490231002X')).toBe(false)
  })

  it('reads several in one text, from left to right', () => {
    expect(found('a@b.io, 13812345678@qq.com +1 415-555-2671 and 8.8.8.8:53')).toEqual([
      ['email', 'a@b.io'],
      ['email', '13812345678@qq.com'],
      ['phone', '+1 415-555-2671'],
      ['ipv4', '8.8.8.8'],
    ])
    expect(found('4111 1111 1111 1111 12 2027')).toEqual([['card', '4111 1111 1111 1111']])
    expect(findPii('a@b.io 8.8.8.8', new Set(['ipv4'])).map(({ kind }) => kind)).toEqual(['ipv4'])
  })

  it.each([
    'x@y, a @ b.com, @user, user@host, W@x.T(1), img@2x.png, git@github.com:me/it',
    '1.2.3, 300.1.2.3, 01.2.3.4, 1.2.3.4.5, v1.2.3.4, 127.0.0.1, 0.0.0.0',
    '12345678901, 3.13812345678, 13812345678.5, a13812345678, 138-1234-56789, 600-150-1200-2000, 13000000000',
    '4111111111111112, 1234567812345670, 0.4111111111111111, 41111111111111110000, 0000000000000000',
    '1+14155552671, +12345678, +0044 20, x+20000000, 1e+12345678, +999 123 4567 89',
    'sk-learn-based-pipelines-for-everyone, task-sk-abcdefghijklmnopqrstuvwxyz, AKIA, xoxo-hugs-and-kisses, ghp_short, hf_hub_download',
    'sk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1',
    '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----',
    '11010519491231002Y, 99010519491231002X',
  ])('finds nothing in %j', (text) => expect(found(text)).toEqual([]))

  it('takes a block of a key without an end as far as it looks like one', () => {
    const block = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSj'
    expect(found(`${block}\n\n"and more"`)).toEqual([['api_key', block]])
  })

  it('takes linear time where patterns could run wild', () => {
    const size = 200_000
    const hostile = [
      '@'.repeat(size),
      'a@'.repeat(size / 2),
      `${'a'.repeat(size)}@`,
      `a@${'b.'.repeat(size / 2)}`,
      `a@${'b-'.repeat(size / 2)}`,
      '1'.repeat(size),
      '1 '.repeat(size / 2),
      '1.'.repeat(size / 2),
      '+1'.repeat(size / 2),
      '+1 ( . )'.repeat(size / 8),
      '1234-'.repeat(size / 5),
      'sk-'.repeat(size / 3),
      `sk-${'a-'.repeat(size / 2)}`,
      '-----BEGIN PRIVATE KEY-----'.repeat(size / 27),
      `-----BEGIN PRIVATE KEY-----${' '.repeat(size)}!`,
      '-----BEGIN PRIVATE KEY-----'.repeat(40_000),
      'AKIA'.repeat(size / 4),
      'a@b.io 8.8.8.8 '.repeat(size / 15),
    ]
    for (const text of hostile) {
      const started = performance.now()
      findPii(text, all)
      // About 20 ms; a quadratic pattern takes seconds.
      expect([text.slice(0, 20), performance.now() - started < 500]).toEqual([text.slice(0, 20), true])
    }
  })
})

describe.skipIf(!realDataIsHere)('GSM8K, MATH and HumanEval (needs ../shared/data)', () => {
  it('hold no personal data', () => {
    const texts = Object.values(realTexts()).flat()
    expect(texts.length).toBeGreaterThan(9000)
    expect(texts.flatMap(found)).toEqual([])
  })
})
