import { describe, expect, it } from 'vitest'
import { checkStall, type Progress } from '../../../core/diagnostics/stall.ts'
import { Anomaly } from '../../../schemas/diagnostics.ts'
import { headOf } from './support.ts'

const start = Date.UTC(2026, 0, 1)
const minute = 60_000
const at = (idle: number, fields: Partial<Progress> = {}): Progress => ({
  subject: { stage: 1, attempt: 2, head: headOf('grpo') },
  startedAt: start,
  lastSeenAt: start + 60 * minute,
  now: start + 60 * minute + idle,
  stepTimes: new Array<number>(100).fill(30),
  lastStep: 120,
  ...fields,
})

describe('checkStall', () => {
  it('is high past the limit, critical past three times that, and quiet at it', () => {
    expect(checkStall(at(10 * minute))).toBeUndefined()
    const high = checkStall(at(10 * minute + 1000))!
    expect(Anomaly.parse(high)).toMatchObject({
      id: '1.2.step_stall.120',
      severity: 'high',
      stops: false,
      value: 601,
      threshold: 600,
    })
    expect(checkStall(at(31 * minute))).toMatchObject({ severity: 'critical', stops: true })
  })

  it('follows the step time, and pauses that were seen before', () => {
    const slow = new Array<number>(100).fill(300)
    expect(checkStall(at(49 * minute, { stepTimes: slow }))).toBeUndefined()
    expect(checkStall(at(51 * minute, { stepTimes: slow }))).toMatchObject({ severity: 'high', threshold: 3000 })
    const evaluated = [...new Array<number>(100).fill(30), 1800]
    expect(checkStall(at(59 * minute, { stepTimes: evaluated }))).toBeUndefined()
    expect(checkStall(at(61 * minute, { stepTimes: evaluated }))).toMatchObject({ severity: 'high' })
  })

  it('waits longer while few steps are known', () => {
    expect(checkStall(at(29 * minute, { stepTimes: [5] }))).toBeUndefined()
    expect(checkStall(at(31 * minute, { stepTimes: [5] }))).toMatchObject({ severity: 'high' })
    expect(checkStall(at(31 * minute, { stepTimes: [] }))).toMatchObject({ severity: 'high' })
  })

  it('gives the first step time to load and compile, and never stops for it', () => {
    const first = (waited: number) =>
      checkStall(at(0, { lastSeenAt: null, now: start + waited, stepTimes: [], lastStep: 0 }))
    expect(first(30 * minute)).toBeUndefined()
    expect(first(31 * minute)).toMatchObject({ severity: 'medium', id: '1.2.step_stall.0' })
    expect(first(48 * 60 * minute)).toMatchObject({ severity: 'high', stops: false })
  })

  it('obeys the recipe', () => {
    const head = (diagnostics: object) => ({
      subject: { stage: 0, attempt: 1, head: headOf('sft', { diagnostics } as never) },
    })
    expect(checkStall(at(99 * minute, head({ step_stall: { enabled: false } })))).toBeUndefined()
    expect(checkStall(at(99 * minute, head({ step_stall: { min_seconds: 7200 } })))).toBeUndefined()
    expect(checkStall(at(99 * minute, head({ mode: 'observe' })))).toMatchObject({ severity: 'critical', stops: false })
  })
})
