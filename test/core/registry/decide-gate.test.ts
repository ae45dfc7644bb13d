import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mcnemarExact, pairedInterval } from '../../../core/evaluation/mcnemar.ts'
import { decideGate } from '../../../core/registry/decide-gate.ts'
import type { Comparison } from '../../../schemas/evaluation.ts'
import type { GateRule } from '../../../schemas/gate.ts'
import { comparison } from '../support/comparison.ts'

const measured = (difference: number, interval: [number, number], p = 0.5) =>
  comparison({ difference, interval, p, n: 100 })
const verdict = (rule: GateRule, of: Comparison) => decideGate([rule], of).verdict

describe('an improvement gate', () => {
  const any = { type: 'improvement' as const, min_gain: 0, alpha: 0.05 }
  const by2 = { ...any, min_gain: 0.02 }

  it.each([
    ['better and significant', any, measured(0.1, [0.01, 0.19], 0.049), 'pass'],
    ['better, p just at alpha', any, measured(0.1, [0.01, 0.19], 0.05), 'inconclusive'],
    ['better, not significant', any, measured(0.05, [-0.03, 0.13], 0.3), 'inconclusive'],
    ['equal', any, measured(0, [-0.05, 0.05], 1), 'inconclusive'],
    ['worse, not significant', any, measured(-0.05, [-0.13, 0.03], 0.3), 'inconclusive'],
    ['worse and significant', any, measured(-0.1, [-0.19, -0.01], 0.01), 'fail'],
    ['gain proven', by2, measured(0.1, [0.021, 0.18]), 'pass'],
    ['gain just not proven', by2, measured(0.1, [0.02, 0.18]), 'inconclusive'],
    ['gain possible', by2, measured(0.01, [-0.01, 0.03], 0.001), 'inconclusive'],
    ['gain just possible', by2, measured(0.01, [0, 0.02]), 'inconclusive'],
    ['gain ruled out', by2, measured(0.01, [0.001, 0.019], 0.001), 'fail'],
  ] as const)('%s', (_, rule, of, expected) => {
    expect(verdict(rule, of)).toBe(expected)
  })
})

describe('a no-regression gate', () => {
  const exact = { type: 'no_regression' as const, margin: 0 }
  const slack = { ...exact, margin: 0.02 }

  it.each([
    ['better for certain', exact, measured(0.1, [0.01, 0.19]), 'pass'],
    ['lower end at the margin', exact, measured(0.1, [0, 0.2]), 'inconclusive'],
    ['equal, wide', exact, measured(0, [-0.05, 0.05]), 'inconclusive'],
    ['worse for certain', exact, measured(-0.1, [-0.19, -0.01]), 'fail'],
    ['equal within the margin', slack, measured(0, [-0.019, 0.019]), 'pass'],
    ['lower end at minus the margin', slack, measured(0, [-0.02, 0.02]), 'inconclusive'],
    ['worse for certain, but within the margin', slack, measured(-0.01, [-0.015, -0.005]), 'pass'],
    ['worse for certain, perhaps beyond the margin', slack, measured(-0.02, [-0.03, -0.01]), 'fail'],
    ['beyond the margin', slack, measured(-0.1, [-0.15, -0.05]), 'fail'],
  ] as const)('%s', (_, rule, of, expected) => {
    expect(verdict(rule, of)).toBe(expected)
  })
})

describe('a minimum accuracy gate', () => {
  const half = { type: 'min_accuracy' as const, value: 0.5 }

  it.each([
    [0.5, 'pass'],
    [0.51, 'pass'],
    [0.4999, 'fail'],
    [Number.NaN, 'fail'],
  ])('of 0.5 with accuracy %d: %s', (accuracy, expected) => {
    expect(verdict(half, comparison({ candidate: { evaluation: 'ev-b', correct: 0, accuracy } }))).toBe(expected)
  })
})

describe('a gate', () => {
  const rule = fc.oneof(
    fc.record({
      type: fc.constant('improvement' as const),
      min_gain: fc.constantFrom(0, 0.02),
      alpha: fc.constant(0.05),
    }),
    fc.record({ type: fc.constant('no_regression' as const), margin: fc.constantFrom(0, 0.05) }),
    fc.record({ type: fc.constant('min_accuracy' as const), value: fc.constantFrom(0, 0.3, 0.6) }),
  )
  const count = fc.nat({ max: 60 })
  const measurement = fc.tuple(count, count, count, count).map(([won, lost, both, neither]) => {
    const n = won + lost + both + neither + 1
    const correct = won + both
    return comparison({
      n,
      difference: (won - lost) / n,
      interval: pairedInterval(won, lost, n),
      p: mcnemarExact(won, lost),
      candidate: { evaluation: 'ev-b', correct, accuracy: correct / n },
    })
  })

  it('fails when a rule fails, and passes only when every rule passes: inconclusive never does', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 4 }), measurement, (rules, measured) => {
        const gate = decideGate(rules, measured)
        const verdicts = gate.rules.map(({ verdict }) => verdict)
        expect(gate.rules.map(({ rule }) => rule)).toEqual(rules)
        expect(gate.verdict === 'pass').toBe(rules.length > 0 && verdicts.every((each) => each === 'pass'))
        expect(gate.verdict === 'fail').toBe(verdicts.includes('fail'))
      }),
    )
  })

  it('never passes an improvement that McNemar does not see, nor a loss', () => {
    fc.assert(
      fc.property(measurement, (measured) => {
        if (verdict({ type: 'improvement', min_gain: 0, alpha: 0.05 }, measured) === 'pass')
          expect(measured.difference > 0 && measured.p < 0.05).toBe(true)
      }),
    )
  })

  it('never passes on numbers that are none', () => {
    const nothing = measured(Number.NaN, [Number.NaN, Number.NaN], Number.NaN)
    for (const rule of [
      { type: 'improvement', min_gain: 0, alpha: 0.05 },
      { type: 'improvement', min_gain: 0.1, alpha: 0.05 },
      { type: 'no_regression', margin: 0.1 },
    ] as const)
      expect(verdict(rule, nothing)).toBe('inconclusive')
  })

  it('says what it measured and what it needs', () => {
    const [rule] = decideGate(
      [{ type: 'improvement', min_gain: 0, alpha: 0.05 }],
      measured(0.1, [0.01, 0.19], 0.02),
    ).rules
    expect(rule?.message).toBe('difference 10.0 % [1.0 %, 19.0 %], p 0.0200, n 100; needs: better at p < 0.05')
  })
})
