import { expect, it } from 'vitest'
import { tiesRatio, topOverlap } from '../../../../core/preflight/shadow/top-overlap.ts'

const items = (old: number[], now: number[]) =>
  old.map((score, index) => ({ id: `i${String(index).padStart(3, '0')}`, old: score, new: now[index] as number }))
const rising = Array.from({ length: 245 }, (_, index) => index)

it('takes 25 and 49 of 245', () => {
  // The two best by the old one are the worst by the new one.
  const swapped = rising.map((score) => (score >= 243 ? -score : score))
  expect(topOverlap(items(rising, swapped), 10)).toBeCloseTo(23 / 25, 12)
  expect(topOverlap(items(rising, swapped), 20)).toBeCloseTo(47 / 49, 12)
  expect(topOverlap(items(rising, rising), 10)).toBe(1)
  expect(topOverlap(items(rising, rising.toReversed()), 10)).toBe(0)
})

it('breaks ties at the cut by item id, whatever the order of the items', () => {
  const tied = items([1, 1, 1, 1, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 1, 1, 1, 0, 0, 0])
  expect(topOverlap(tied, 20)).toBe(1 / 2)
  expect(topOverlap(tied.toReversed(), 20)).toBe(1 / 2)
})

it('counts items of one id apart', () => {
  const same = items([3, 2, 1], [1, 2, 3]).map((item) => ({ ...item, id: 'same' }))
  expect(topOverlap(same, 34)).toBe(1 / 2)
})

it('is null without items', () => {
  expect([topOverlap([], 10), tiesRatio([])]).toEqual([null, null])
})

it('says how many share their score', () => {
  expect(tiesRatio([1, 1, 2, 3])).toBe(0.5)
  expect(tiesRatio([1, 2, 3])).toBe(0)
})
