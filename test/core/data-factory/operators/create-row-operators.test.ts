import { describe, expect, it } from 'vitest'
import { createRowOperators } from '../../../../core/data-factory/operators/create-row-operators.ts'
import { Operators } from '../../../../schemas/operators.ts'
import type { Row } from '../../../../schemas/rows.ts'

const everything = Operators.parse({ language: { allow: ['en'] }, quality: {}, toxicity: { terms: ['damn'] } })

describe('the operators on rows', () => {
  it('come in the order of the configuration, which is plain data', async () => {
    const operators = await createRowOperators(structuredClone(everything))
    expect(operators.map(({ name }) => name)).toEqual([
      'normalise',
      'clean',
      'length',
      'language',
      'quality',
      'pii',
      'toxicity',
    ])
    for (const { name, config } of operators) expect(config).toEqual(everything[name as keyof Operators])
  })

  it('are absent when switched off', async () => {
    const names = (await createRowOperators(Operators.parse({ clean: false }))).map(({ name }) => name)
    expect(names).toEqual(['normalise', 'length', 'pii'])
  })

  it('say the same of the same row, and leave a good one alone', async () => {
    const operators = await createRowOperators(everything)
    const row: Row = Object.freeze({
      prompt: 'What is the sum of two and three apples?',
      completion: 'The sum of two and three apples is five apples, because two and three make five.',
    })
    for (const { apply } of [...operators, ...operators]) expect((apply(row) as { kept: unknown }).kept).toBe(row)
    const bad: Row = { prompt: 'Mail a@b.io', completion: 'ok' }
    for (const { apply } of operators) expect(apply(bad)).toEqual(apply(bad))
  })
})
