import { describe, expect, it } from 'vitest'
import type { Fault } from '../../../core/platform/fault.ts'
import {
  overclarPenalty,
  penaltyFor,
  penaltySelfTest,
  requiredPenalty,
} from '../../../core/preflight/overclar-penalty.ts'
import type { Message } from '../../../schemas/rows.ts'
import { caught } from '../support/caught.ts'

const thrown = (act: () => unknown) => caught(act) as Fault

const asking = (times: number): Message[] =>
  Array.from({ length: times }, (): Message[] => [
    { role: 'user', content: 'Book it.' },
    { role: 'assistant', content: 'Could you tell me which day?' },
  ]).flat()

describe('the over-clarification penalty', () => {
  it.each([
    [0, 0],
    [1, 0.07],
    [2, 0.14],
    [3, 0.21],
    [5, 0.21],
  ])('takes for %i clarifications %f', (clarifications, expected) => {
    expect(penaltyFor(clarifications, requiredPenalty)).toBeCloseTo(expected, 12)
    const episode = { messages: asking(clarifications), needs_clarification: false }
    expect(overclarPenalty(episode, requiredPenalty)).toBeCloseTo(expected, 12)
  })

  it('takes nothing where clarification was needed, or when it is switched off', () => {
    expect(overclarPenalty({ messages: asking(5), needs_clarification: true }, requiredPenalty)).toBe(0)
    const off = { ...requiredPenalty, use_overclar_penalty: false }
    expect(overclarPenalty({ messages: asking(5), needs_clarification: false }, off)).toBe(0)
  })

  it('refuses an episode that does not say whether clarification was needed, on or off', () => {
    for (const use_overclar_penalty of [true, false]) {
      const fault = thrown(() => overclarPenalty({ messages: asking(1) }, { ...requiredPenalty, use_overclar_penalty }))
      expect(fault.errors[0]).toMatchObject({ pointer: '/needs_clarification', code: 'missing' })
    }
  })
})

describe('penaltySelfTest', () => {
  it('passes with the settings of the requirement', () => {
    const cases = penaltySelfTest(requiredPenalty)
    expect(cases.map(({ expected }) => expected)).toEqual([0, 0.07, 0.14, 0.21, 0])
    expect(cases.every(({ ok }) => ok)).toBe(true)
  })

  it.each([
    [{ use_overclar_penalty: false }, ['1 clarification', '2 clarifications', '5 clarifications']],
    [{ alpha: 0.05 }, ['1 clarification', '2 clarifications', '5 clarifications']],
    [{ cap: 4 }, ['5 clarifications']],
    [{ cap: 1 }, ['2 clarifications', '5 clarifications']],
    [{ alpha: Number.NaN }, ['not triggered', '1 clarification', '2 clarifications', '5 clarifications']],
  ])('fails with %j', (change, failing) => {
    const cases = penaltySelfTest({ ...requiredPenalty, ...change })
    expect(cases.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(failing)
  })
})
