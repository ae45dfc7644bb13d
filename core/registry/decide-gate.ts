import type { Comparison } from '../../schemas/evaluation.ts'
import type { GateDecision, GateRule, Verdict } from '../../schemas/gate.ts'

/** Applies every rule to the comparison: one `fail` fails, else one `inconclusive` leaves it open. Inconclusive never promotes. Pure. */
export function decideGate(rules: readonly GateRule[], comparison: Comparison): GateDecision {
  const decided = rules.map((rule) => ({ rule, ...applyRule(rule, comparison) }))
  const verdicts = decided.map((each) => each.verdict)
  const verdict = verdicts.includes('fail')
    ? 'fail'
    : verdicts.includes('inconclusive') || verdicts.length === 0
      ? 'inconclusive'
      : 'pass'
  return { verdict, rules: decided }
}

function applyRule(rule: GateRule, comparison: Comparison): { verdict: Verdict; message: string } {
  const { difference: d, p } = comparison
  const [low, high] = comparison.interval
  const measured = `difference ${points(d)} [${points(low)}, ${points(high)}], p ${p.toPrecision(3)}, n ${comparison.n}`
  switch (rule.type) {
    case 'improvement': {
      const better = rule.min_gain === 0 ? d > 0 && p < rule.alpha : low > rule.min_gain
      const worse = high < rule.min_gain
      const need = rule.min_gain === 0 ? `better at p < ${rule.alpha}` : `lower end above ${points(rule.min_gain)}`
      return { verdict: better ? 'pass' : worse ? 'fail' : 'inconclusive', message: `${measured}; needs: ${need}` }
    }
    case 'no_regression': {
      const safe = low > -rule.margin
      const worse = high < -rule.margin || high < 0
      return {
        verdict: safe ? 'pass' : worse ? 'fail' : 'inconclusive',
        message: `${measured}; needs: lower end above ${points(-rule.margin)}`,
      }
    }
    case 'min_accuracy': {
      const { accuracy } = comparison.candidate
      return {
        verdict: accuracy >= rule.value ? 'pass' : 'fail',
        message: `accuracy ${points(accuracy)}; needs: at least ${points(rule.value)}`,
      }
    }
  }
}

const points = (share: number) => `${(100 * share).toFixed(1)} %`
