import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../../core/preflight/seeded-random.ts'
import { improvementInterval, improvementPct } from '../../../../core/preflight/shadow/improvement.ts'

describe('the improvement of a correlation', () => {
  it.each([
    [0.4, 0.5, 25],
    [0.5, 0.4, -20],
    [-0.5, 0.5, 200],
    [-0.5, -0.6, -20],
    [0.05, 0.1, 100],
  ])('from %d to %d is %d %%', (old, now, pct) => {
    expect(improvementPct(old, now)).toBeCloseTo(pct, 10)
  })

  it.each([
    [0.049, 0.5],
    [-0.049, 0.5],
    [0, 0.5],
    [null, 0.5],
    [0.5, null],
    [Number.NaN, 0.5],
  ])('from %s to %s is null', (old, now) => {
    expect(improvementPct(old, now)).toBeNull()
  })
})

describe('its interval', () => {
  const random = seededRandom(7)
  const success = Array.from({ length: 245 }, () => (random() < 0.5 ? 1 : 0))
  const noisy = (strength: number) => success.map((value) => value * strength + random())
  const [old, now] = [noisy(0.5), noisy(1)]

  it('is the same for the same seed and holds the measured value', () => {
    const interval = improvementInterval(old, now, success, 1) as [number, number]
    expect(improvementInterval(old, now, success, 1)).toEqual(interval)
    expect(improvementInterval(old, now, success, 2)).not.toEqual(interval)
    expect(interval[0]).toBeLessThan(interval[1])
    expect(interval[0]).toBeGreaterThan(0)
  })

  it('has no width where both scorers are one', () => {
    expect(improvementInterval(old, old, success, 1)).toEqual([0, 0])
  })

  it('is null where success never changes, or the old scorer knows nothing', () => {
    expect(
      improvementInterval(
        old,
        now,
        success.map(() => 1),
        1,
      ),
    ).toBeNull()
    expect(
      improvementInterval(
        old.map(() => 1),
        now,
        success,
        1,
      ),
    ).toBeNull()
  })
})
