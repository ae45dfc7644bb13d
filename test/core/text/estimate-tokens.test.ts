import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimateTokens } from '../../../core/text/estimate-tokens.ts'

/** Text, tokens under cl100k, tokens under o200k: counted once with those vocabularies. */
const counted: [string, number, number][] = [
  ['Add 3 and 4 and 15 and 60 and 7 and 8 and 92 and 11 to get 200', 28, 28],
  ['Each box holds twelve red apples and seven green ones, so how many apples are in five boxes altogether?', 21, 21],
  [
    'Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. How many clips did Natalia sell altogether in April and May?',
    38,
    36,
  ],
  [
    'def add(first: int, second: int) -> int:\n    """Adds two numbers."""\n    if first is None:\n        return second\n    return first + second\n',
    35,
    35,
  ],
  ['We have $\\frac{1}{2} + \\sqrt{3x^2 + 5} = \\boxed{17}$, so $x = 12345.67$ and the angle is $90^\\circ$.', 47, 47],
  [
    'The Internationalization of HTTP APIs is straightforward; nevertheless, misunderstandings happened on 2024-11-20.',
    23,
    23,
  ],
  [
    '小明有三个苹果，他给了小红一个，请问还剩几个？今天天气很好，我们去公园玩。机器学习是人工智能的一个重要分支，它使计算机能够从数据中学习并做出预测。请根据以下内容回答问题，并给出详细的解释。首先，我们需要计算每个盒子里的球的数量，然后乘以盒子的总数，最后得到答案是四十二。',
    145,
    91,
  ],
  [
    '猫はマットの上に座って窓の外を見ています。今日はいい天気ですから、公園に行きましょう。機械学習は人工知能の重要な分野であり、コンピューターがデータから学習することを可能にします。',
    92,
    64,
  ],
  [
    '고양이가 매트 위에 앉아 창밖을 바라보고 있습니다. 오늘은 날씨가 좋으니 공원에 갑시다. 기계 학습은 인공지능의 중요한 분야입니다.',
    68,
    45,
  ],
  [
    'Маленькая кошка сидит на коврике и смотрит в окно. Машинное обучение является важной областью искусственного интеллекта, которая позволяет компьютерам учиться на данных.',
    73,
    42,
  ],
  [
    "Le petit chat est assis sur le tapis et regarde par la fenêtre. L'apprentissage automatique est une branche importante de l'intelligence artificielle qui permet aux ordinateurs d'apprendre à partir de données.",
    53,
    42,
  ],
  [
    'Der kleine Hund läuft schnell durch den grünen Garten hinter dem Haus. Maschinelles Lernen ist ein wichtiger Zweig der künstlichen Intelligenz, der es Computern ermöglicht, aus Daten zu lernen.',
    50,
    41,
  ],
  [
    'Con mèo ngồi trên tấm thảm và nhìn ra ngoài cửa sổ. Học máy là một nhánh quan trọng của trí tuệ nhân tạo, giúp máy tính học từ dữ liệu.',
    67,
    42,
  ],
  [
    'const rows = await readRows({ limit: 1000, cursor })\nfor (const row of rows) console.log(row.id, JSON.stringify(row))\n',
    31,
    31,
  ],
]

describe('estimating tokens', () => {
  it.each(counted)('of %j', (text, cl100k, o200k) => {
    const estimate = estimateTokens(text)
    const [least, most] = [Math.min(cl100k, o200k), Math.max(cl100k, o200k)]
    expect(estimate).toBeGreaterThanOrEqual(Math.floor(least * 0.8))
    expect(estimate).toBeLessThanOrEqual(Math.ceil(most * 1.25))
  })

  it('is close where the vocabularies agree', () => {
    for (const [text, cl100k, o200k] of counted.slice(0, 5)) {
      const mean = (cl100k + o200k) / 2
      expect([text, Math.abs(estimateTokens(text) - mean) <= Math.max(2, mean * 0.15)]).toEqual([text, true])
    }
  })

  it('is a whole number, 0 for nothing, and adds up over parts within a token for each border', () => {
    expect(estimateTokens('')).toBe(0)
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.string({ maxLength: 60 }), (one, other) => {
        const whole = estimateTokens(`${one} ${other}`)
        expect(Number.isInteger(whole) && whole >= 0).toBe(true)
        expect(Math.abs(whole - estimateTokens(one) - estimateTokens(other))).toBeLessThanOrEqual(4)
      }),
      { seed: 4, numRuns: 2000 },
    )
  })
})
