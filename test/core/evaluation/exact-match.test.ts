import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { extractAnswer, scoreResponse } from '../../../core/evaluation/exact-match.ts'
import { Scorer } from '../../../schemas/scorer.ts'
import { gsm8k, gsm8kIsHere } from '../support/gsm8k.ts'

const scorer = (answer_pattern?: string, ignore_case = false) =>
  Scorer.parse({ type: 'exact_match', answer_pattern, ignore_case })
const tag = scorer('<answer>(.*?)</answer>')

describe('the answer in a response', () => {
  it.each([
    ['<answer>7</answer>', '7'],
    ['first <answer>6</answer>, no: <answer>7</answer> it is', '7'],
    ['<answer>\n  7  apples\n</answer>', '7 apples'],
    ['<answer></answer>', ''],
    ['<answer>7', null],
    ['7', null],
    ['', null],
  ])('of %j is %j', (response, answer) => {
    expect(extractAnswer(tag, response)).toBe(answer)
  })

  it('is the whole match when the pattern captures nothing, and the whole response without a pattern', () => {
    expect(extractAnswer(scorer('-?\\d+'), 'from 3 to -12 degrees')).toBe('-12')
    expect(extractAnswer(scorer(), '  two\n words ')).toBe('two words')
  })

  it('is what the first group captures, even when it captured nothing', () => {
    expect(extractAnswer(scorer('#(\\d*)'), 'x #')).toBe('')
    expect(extractAnswer(scorer('a(b)?'), 'a')).toBe('a')
  })
})

describe('a response', () => {
  const score = (response: string, expected: string, rule = tag) =>
    scoreResponse(rule, { index: 4, response, expected })

  it('is right when the answers are equal but for white space', () => {
    expect(score('<answer> 7  apples </answer>', '7 apples\n')).toEqual({
      index: 4,
      correct: true,
      extracted: '7 apples',
      expected: '7 apples\n',
    })
  })

  it.each([
    ['<answer>8</answer>', '7'],
    ['7', '7'],
    ['<answer>7.0</answer>', '7'],
    ['<answer>North</answer>', 'north'],
    ['', ''],
  ])('%j is wrong where %j is expected', (response, expected) => {
    expect(score(response, expected).correct).toBe(false)
  })

  it('may differ in case when the suite says so', () => {
    expect(score('<answer>NORTH</answer>', 'north', scorer('<answer>(.*?)</answer>', true)).correct).toBe(true)
  })

  it('that wraps the expected answer is right, whatever stands around it', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, expected) => {
        fc.pre(!/[<>]/.test(before + expected))
        expect(score(`${before}<answer>${expected}</answer>${before}`, expected).correct).toBe(true)
      }),
    )
  })
})

describe.skipIf(!gsm8kIsHere)('GSM8K (needs ../shared/data)', () => {
  const rule = scorer('#### (-?[0-9.,]+)')

  it('finds every gold answer in its own rationale, and none without it', () => {
    const rows = gsm8k('test')
    const scores = rows.map(({ answer }, index) => {
      const [rationale = '', expected = ''] = answer.split('#### ')
      expect(extractAnswer(rule, rationale)).toBeNull()
      return scoreResponse(rule, { index, response: answer, expected })
    })
    expect(scores.filter(({ correct }) => correct)).toHaveLength(1319)
    const shifted = rows.map(({ answer }, index) =>
      scoreResponse(rule, {
        index,
        response: answer,
        expected: `${rows[(index + 1) % 1319]?.answer.split('#### ')[1]}0`,
      }),
    )
    expect(shifted.filter(({ correct }) => correct).length).toBeLessThan(40)
  })
})
