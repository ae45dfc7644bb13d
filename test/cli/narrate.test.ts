import { describe, expect, it } from 'vitest'
import { createNarrator } from '../../cli/watch/narrate.ts'
import { createPaceMeter } from '../../cli/watch/pace.ts'
import { at, attempt, event, job, stage, untilTraining, view } from './job-samples.ts'

const training = (step: number, number = 1, from = 0) =>
  view({
    status: 'running',
    stages: [
      stage({
        status: 'running',
        step,
        attempts: [attempt({ number, resumed_from_step: from })],
        latest: { total_loss: 2.5 },
      }),
    ],
  })

describe('plain lines', () => {
  it('tell each event once, however often it is seen', () => {
    const narrator = createNarrator()
    expect(narrator.tell(view({ status: 'running' }), at(3))).toEqual([
      '2026-01-01T00:00:00Z  submitted   submitted',
      '2026-01-01T00:00:00Z  validating  preflight_started',
      '2026-01-01T00:00:01Z  queued      ticket_issued',
      '2026-01-01T00:00:02Z  running     stage 0 (sft) attempt 1',
    ])
    expect(narrator.tell(view({ status: 'running' }), at(4))).toEqual([])
  })

  it('tell an event that was recorded late and out of order', () => {
    const narrator = createNarrator()
    const [first, second, ...rest] = untilTraining
    narrator.tell(view({}, { events: [first, ...rest].filter((each) => each !== undefined) }), at(3))
    expect(narrator.tell(view({}), at(4))).toEqual([expect.stringContaining(second?.message as string)])
  })

  it('keep the further lines of a message below its first', () => {
    const ended = event('attempt_ended', 3, 'running', 'it ended:\nstep 1\nstep 2')
    const lines = createNarrator().tell(view({}, { events: [ended] }), at(3))
    expect(lines[0]?.split('\n').map((line) => line.search(/it ended|step/))).toEqual([34, 34, 34])
  })

  it('tell progress at most once per tenth of an attempt', () => {
    const narrator = createNarrator()
    narrator.tell(training(0), at(2))
    const lines = Array.from({ length: 101 }, (_, step) => narrator.tell(training(step), at(2 + step))).flat()
    expect(lines).toHaveLength(10)
    expect(lines[3]).toBe('2026-01-01T00:00:42Z  running     0 sft: step 40 of 100 (40 %), attempt 1, total_loss 2.5')
  })

  it('tell the tenths of a second attempt from the checkpoint it goes on from', () => {
    const narrator = createNarrator()
    narrator.tell(training(55), at(2))
    const lines = [40, 45, 50, 55, 60].flatMap((step) => narrator.tell(training(step, 2, 40), at(step)))
    expect(lines).toEqual([
      expect.stringContaining('step 50 of 100 (50 %), attempt 2'),
      expect.stringContaining('step 60 of 100 (60 %), attempt 2'),
    ])
  })

  it('tell no progress of a stage that is over: its event says it', () => {
    const over = view({ status: 'failed', stages: [stage({ status: 'running', step: 90, attempts: [attempt()] })] })
    expect(createNarrator().tell({ ...over, events: [] }, at(9))).toEqual([])
  })

  it('tell once that the server is silent and once that it is back', () => {
    const narrator = createNarrator()
    const quiet = { ...view({}), events: [], notice: 'no answer' }
    const lines = [quiet, quiet, { ...view({}), events: [] }].flatMap((each) => narrator.tell(each, at(1)))
    expect(lines).toEqual(['no answer', 'the server answers again'])
  })
})

describe('steps per second', () => {
  const at0 = (step: number, attempts = [attempt()]) => job({ stages: [stage({ status: 'running', step, attempts })] })

  it('is not known before two different steps were seen', () => {
    const meter = createPaceMeter()
    meter.record(at0(3), at(0))
    expect(meter.record(at0(3), at(2)).get(0)).toEqual({ idleMs: 2000 })
  })

  it('is measured over the last 20 seconds between moments at which the step grew', () => {
    const meter = createPaceMeter()
    meter.record(at0(0), at(0))
    meter.record(at0(100), at(10))
    meter.record(at0(100), at(15))
    expect(meter.record(at0(200), at(20)).get(0)).toEqual({ stepsPerSecond: 10, idleMs: 0 })
    expect(meter.record(at0(220), at(40)).get(0)?.stepsPerSecond).toBe(1)
  })

  it('starts anew with each attempt and stops with it', () => {
    const meter = createPaceMeter()
    meter.record(at0(0), at(0))
    meter.record(at0(50), at(10))
    const second = [attempt({ status: 'failed' }), attempt({ number: 2, resumed_from_step: 40 })]
    expect(meter.record(at0(40, second), at(12)).get(0)).toEqual({ idleMs: 0 })
    expect(meter.record(at0(60, [attempt({ status: 'failed' })]), at(13)).size).toBe(0)
  })
})

it('events of later runs are told like those of the first', () => {
  const events = [event('resumed', 50, 'submitted', 'resumed as run 2', 2)]
  expect(createNarrator().tell(view({ run: 2 }, { events }), at(51))).toEqual([
    '2026-01-01T00:00:50Z  submitted   resumed as run 2',
  ])
})
