import { describe, expect, it } from 'vitest'
import { shadowGate, shadowLimits } from '../../../../core/preflight/shadow/gate.ts'
import { ShadowRun, type ShadowStatistics } from '../../../../schemas/shadow-run.ts'
import { scorerEndpoint } from '../../support/scorers.ts'

const run = (change: Partial<ShadowRun> = {}) =>
  ShadowRun.parse({ set: 'shadow', old: scorerEndpoint('old'), new: scorerEndpoint('new'), ...change })
const atLimit: ShadowStatistics = {
  n: 30,
  spearman: 0.75,
  spearman_ci: [0, 1],
  kendall_tau: 0.4,
  top10_overlap: 0.7,
  top20_overlap: 0.6,
  corr_to_success_old: 0.3,
  corr_to_success_new: 0.33,
  corr_improve_pct: 10,
}
const whole = { rows: 100, scored: 95 }

describe('the gate of the shadow run', () => {
  it('holds at its limits', () => {
    expect(shadowGate(run(), atLimit, whole)).toMatchObject({ pass: true, missed: [] })
  })

  const below = { spearman: 0.7499, kendall_tau: 0.3999, top10_overlap: 0.6999, top20_overlap: 0.5999 }
  it.each([
    ...Object.entries({ ...below, corr_improve_pct: 9.99 }),
    ...Object.keys({ ...below, corr_improve_pct: 0 }).map((name): [string, number | null] => [name, null]),
    ...Object.keys({ ...below, corr_improve_pct: 0 }).map((name): [string, number | null] => [name, Number.NaN]),
  ])('misses %s at %s', (name, value) => {
    expect(shadowGate(run(), { ...atLimit, [name]: value }, whole)).toMatchObject({ pass: false, missed: [name] })
  })

  it.each([0, -0.2, null, Number.NaN])(
    'misses the direction when the new scorer correlates with success by %s',
    (corr) => {
      const gate = shadowGate(run(), { ...atLimit, corr_to_success_new: corr }, whole)
      expect(gate).toMatchObject({ pass: false, missed: ['direction_check'] })
    },
  )

  it('needs enough stable items, nearly all of them scored', () => {
    expect(shadowGate(run(), { ...atLimit, n: 29 }, whole).missed).toEqual(['stable_items'])
    expect(shadowGate(run(), atLimit, { rows: 100, scored: 94 }).missed).toEqual(['scored_share'])
    expect(shadowGate(run(), atLimit, { rows: 0, scored: 0 }).missed).toEqual(['scored_share'])
  })

  it('is stricter for a release', () => {
    const release = { ...atLimit, spearman: 0.78, top10_overlap: 0.72, corr_improve_pct: 12 }
    expect(shadowGate(run({ profile: 'release' }), atLimit, whole).missed).toEqual([
      'spearman',
      'top10_overlap',
      'corr_improve_pct',
    ])
    expect(shadowGate(run({ profile: 'release' }), release, whole).pass).toBe(true)
  })

  it('has floors that no recipe gets below', () => {
    expect(shadowLimits({ ...run(), min_spearman: 0.1, min_corr_improve_pct: -50 })).toMatchObject({
      spearman: 0.6,
      corr_improve_pct: 0,
    })
    expect(shadowLimits(run({ min_spearman: 0.6, min_corr_improve_pct: 0 }))).toMatchObject({ spearman: 0.6 })
    for (const change of [{ min_spearman: 0.59 }, { min_corr_improve_pct: -1 }, { repeats: 2 }])
      expect(ShadowRun.safeParse({ ...run(), ...change }).success, JSON.stringify(change)).toBe(false)
  })
})
