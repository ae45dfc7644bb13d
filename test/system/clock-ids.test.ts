import { describe, expect, it } from 'vitest'
import { systemClock } from '../../adapters/system/clock.ts'
import { createIds } from '../../adapters/system/ids.ts'
import { describeClockContract, describeIdsContract } from '../contract/clock-ids-contract.ts'
import { createSeededIds } from '../support/seeded-ids.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const realTime = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

describeClockContract('system', () => ({ clock: systemClock, pass: realTime }))

describeClockContract('virtual', () => {
  const clock = createVirtualClock()
  return { clock, pass: clock.advance }
})

describeIdsContract('system', () => {
  const clock = createVirtualClock({ start: '2026-11-20T10:00:00.900Z' })
  return { ids: createIds(clock), pass: clock.advance }
})

describeIdsContract('seeded', () => ({ ids: createSeededIds(), pass: async () => {} }))

describe('ids', () => {
  it('begin with the second they were made in', () => {
    const clock = createVirtualClock({ start: '2026-11-20T10:00:00.900Z' })
    const id = createIds(clock).next()
    expect(Number.parseInt(id.slice(0, 7), 36)).toBe(Date.parse('2026-11-20T10:00:00Z') / 1000)
  })

  it('favour no character', () => {
    const ids = createIds(systemClock)
    const tails = Array.from({ length: 5_000 }, () => ids.next().slice(7)).join('')
    expect(new Set(tails).size).toBe(36)
    // Bytes taken modulo 36 without care would favour these four by an eighth.
    const share = tails.replaceAll(/[^0-3]/g, '').length / tails.length
    expect(share).toBeGreaterThan((4 / 36) * 0.94)
    expect(share).toBeLessThan((4 / 36) * 1.06)
  })

  it('are the same for the same seed, and others for another', () => {
    const three = (seed: number) => Array.from({ length: 3 }, createSeededIds(seed).next)
    expect(three(7)).toEqual(three(7))
    expect(three(7)).not.toEqual(three(8))
  })
})
