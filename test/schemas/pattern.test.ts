import { describe, expect, it } from 'vitest'
import { createReward } from '../../containers/tiny-trainer/rewards.ts'
import { extractAnswer } from '../../core/evaluation/exact-match.ts'
import { compilePattern } from '../../schemas/pattern.ts'

describe('a pattern', () => {
  it.each([
    ['<answer>(\\d+)</answer>', '<answer>1</answer> then <answer>2</answer>', '2'],
    ['\\d+', 'a 12 b 34', '34'],
    ['a(.*)c', 'a x\n y c', 'x y'],
    ['(a)|b', 'a b', 'b'],
    ['x', 'none', undefined],
    ['', 'abc', ''],
  ])('%s finds in %j the last answer %j', (source, text, answer) => {
    expect(compilePattern(source).lastAnswer(text)).toBe(answer)
  })

  it('takes the whole text or not', () => {
    const pattern = compilePattern('<answer>\\d+</answer>')
    expect([pattern.matchesAll('<answer>12</answer>'), pattern.matchesAll('so <answer>12</answer>')]).toEqual([
      true,
      false,
    ])
  })

  it('takes linear time, also where backtracking engines hang', () => {
    const started = performance.now()
    expect(compilePattern('^(([\\s\\S]+)+)+Q$').lastAnswer('<answer>140</answer>'.repeat(500))).toBeUndefined()
    expect(performance.now() - started).toBeLessThan(2000)
  })

  it.each(['(', '(?=a)', '(a)\\1'])('%j does not compile', (source) => {
    expect(() => compilePattern(source)).toThrow()
  })

  it('means the same to the reward that trains and to the scorer that judges', () => {
    const answer_pattern = '<answer>\\s*(.*?)</answer>'
    const reward = createReward([{ type: 'exact_match', answer_pattern, weight: 1 }])
    for (const response of ['<answer>1</answer> <answer>2</answer>', '<answer>\n2 </answer>', '<answer>2', '2']) {
      const extracted = extractAnswer({ type: 'exact_match', answer_pattern, ignore_case: false }, response)
      expect(reward(response, '2').total === 1, response).toBe(extracted === '2')
    }
  })
})
