import { describe, expect, it } from 'vitest'
import { createQuality } from '../../../../core/data-factory/operators/quality.ts'
import { qualityScore } from '../../../../core/data-factory/operators/quality-score.ts'
import { Quality } from '../../../../schemas/operators.ts'
import { realDataIsHere, realTexts } from './real-data.ts'
import { sampleTexts } from './sample-texts.ts'

const limit = Quality.parse({}).min_score

describe('quality score', () => {
  it.each([
    [
      'keyboard mash',
      'asdkjfh qwoeiur zxmcnvb alskdjf qpwoeir zmxncb alskdj fghjkl qwrtyp sdfghjk zxcvbnm',
      'pronounceable',
    ],
    ['repeated mash', 'asdf asdf jkl asdf jkl asdf asdf jkl asdf jkl asdf asdf jkl', 'variety'],
    ['symbol soup', '$%^& *()_ +{}| :"<> ?~!@ #$%^ &*()', 'letters'],
    ['rules and hashes', '### words ||| here ~~~ and ### there ||| then ~~~ so ### on ||| until ~~~ end', 'marks'],
    [
      'a menu',
      'Home About Contact Sign up Log in Privacy policy Terms of use All rights reserved. Click here. Follow us.',
      'boilerplate',
    ],
    ['random codes', 'xk4 qz9 wv7 jh2 kq0 zx8 vb5 nm3 lk6 pq1', 'pronounceable'],
    [
      'hashes',
      'a8f5f167f44f4964e6c998dee827110c 9e107d9d372bb6826bd81d3542a419d6 e4d909c290d0fb1ca068ffaddf22cbd0',
      'pronounceable',
    ],
    [
      'base64',
      'TWFuIGlzIGRpc3Rpbmd1aXNoZWQsIG5vdCBvbmx5IGJ5IGhpcyByZWFzb24sIGJ1dCBieSB0aGlzIHNpbmd1bGFyIHBhc3Npb24',
      'word_length',
    ],
    [
      'keywords',
      'cheap shoes discount shoes buy shoes online shoes best price shoes nike shoes sale shoes outlet',
      'function_words',
    ],
    ['one letter over and over', 'aaaaaaaaa aaaaaaaa aaaaaaaaa aaaaaa aaaaaaa', 'pronounceable'],
    ['one Han character over and over', '哈'.repeat(60), 'variety'],
    ['single letters', 'a b c d e f g h i j k l m n o p q r s t u v w x y z', 'word_length'],
    ['nothing', ' \n', 'letters'],
  ] as const)('finds %s, for its reason', (_, text, worst) => {
    const { score, parts } = qualityScore(text)
    expect(score).toBeLessThan(limit)
    expect(parts[worst]).toBe(Math.min(...Object.values(parts)))
  })

  it('is high for ordinary texts of every language and for code', () => {
    const spoken = Object.entries(sampleTexts).filter(([code]) => code.length === 2)
    for (const [code, text] of spoken) expect([code, qualityScore(text).score > 0.7]).toEqual([code, true])
    expect(qualityScore('def add(x, y):\n    if x is None:\n        return y\n    return x + y').score).toBeGreaterThan(
      0.7,
    )
    expect(
      qualityScore('We have $\\frac{1}{\\sqrt{2}} = \\frac{\\sqrt{2}}{2}$, so $x = \\sqrt{2}.$').score,
    ).toBeGreaterThan(0.7)
  })

  it('lies between 0 and 1 and is the product of its parts', () => {
    for (const text of ['', 'a', '!', '1 2 3', ...Object.values(sampleTexts)]) {
      const { score, parts } = qualityScore(text)
      expect(score).toBeCloseTo(Object.values(parts).reduce((product, part) => product * part, 1))
      for (const part of Object.values(parts)) expect(part >= 0 && part <= 1).toBe(true)
    }
  })
})

describe('quality limit', () => {
  const { apply } = createQuality({ min_score: 0.3 })

  it('keeps the same row above the limit and explains a drop', () => {
    const row = { prompt: 'What is the sum of 2 and 3?', completion: 'The sum of 2 and 3 is 5.' }
    expect(apply(row)).toEqual({ kept: row })
    expect(apply({ prompt: '$%^&', completion: '*&^%' })).toEqual({
      dropped: 'low_quality',
      detail: 'score 0.00, at least 0.3; worst: letters 0.00',
    })
  })
})

describe.skipIf(!realDataIsHere)('GSM8K, MATH and HumanEval (needs ../shared/data)', () => {
  it('keeps 99 of 100 rows of each', () => {
    for (const [name, texts] of Object.entries(realTexts())) {
      const below = texts.filter((text) => !(qualityScore(text).score >= limit))
      expect([name, below.length / texts.length <= 0.01]).toEqual([name, true])
    }
  })
})
