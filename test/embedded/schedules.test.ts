import { describe, expect, it, onTestFinished } from 'vitest'
import { createSchedules, type SchedulesOptions } from '../../adapters/embedded/schedules.ts'
import { describeSchedules } from '../contract/schedules-contract.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const minute = 60_000
const hour = 60 * minute

function timers(change: Partial<SchedulesOptions> = {}, start = '2026-01-01T00:00:00.000Z') {
  const clock = createVirtualClock({ start })
  const ticks: string[] = []
  const lost: string[] = []
  const schedules = createSchedules({
    clock,
    graceSeconds: 900,
    tick: async (name, at) => {
      ticks.push(`${name} ${at.slice(0, 16)}`)
    },
    onLost: (name, at) => lost.push(`${name} ${at.slice(0, 16)}`),
    ...change,
  })
  onTestFinished(() => schedules.close())
  return { clock, schedules, ticks, lost }
}

describe('Schedules: embedded', () => {
  describeSchedules(async () => {
    const { schedules } = timers()
    return { schedules, names: async () => schedules.armed() }
  })
})

const hourly = { name: 'a', cron: '0 * * * *', timezone: 'UTC' }

describe('an embedded timer', () => {
  it('ticks at each moment that is due, and not before', async () => {
    const { clock, schedules, ticks } = timers()
    await schedules.put(hourly)
    await clock.advance(hour - 1)
    expect(ticks).toEqual([])
    await clock.advance(1 + hour)
    expect(ticks).toEqual(['a 2026-01-01T01:00', 'a 2026-01-01T02:00'])
  })

  it('goes on in step when it is put again as it is, and follows a new timing at once', async () => {
    const { clock, schedules, ticks } = timers()
    await schedules.put(hourly)
    await clock.advance(30 * minute)
    await schedules.put(hourly)
    await clock.advance(30 * minute)
    await schedules.put({ ...hourly, cron: '*/20 * * * *' })
    await clock.advance(hour)
    expect(ticks).toEqual(['a 2026-01-01T01:00', 'a 2026-01-01T01:20', 'a 2026-01-01T01:40', 'a 2026-01-01T02:00'])
    expect(clock.sleeping()).toBe(1)
  })

  it('ticks no more once it is deleted or the runtime stops', async () => {
    const { clock, schedules, ticks } = timers()
    await schedules.put(hourly)
    await schedules.put({ ...hourly, name: 'b' })
    await schedules.delete('a')
    await clock.advance(hour)
    expect(ticks).toEqual(['b 2026-01-01T01:00'])
    await schedules.close()
    await clock.advance(hour)
    expect(ticks).toHaveLength(1)
    expect(clock.sleeping()).toBe(0)
  })

  it('keeps local time over a change of the clocks', async () => {
    const { clock, schedules, ticks } = timers({}, '2026-03-28T00:00:00.000Z')
    await schedules.put({ ...hourly, cron: '0 12 * * *', timezone: 'Europe/Berlin' })
    await clock.advance(48 * hour)
    expect(ticks).toEqual(['a 2026-03-28T11:00', 'a 2026-03-29T10:00'])
  })

  it('tries a tick again that fails, with longer and longer pauses, and says when it gives up', async () => {
    const tried: number[] = []
    const { clock, schedules, lost } = timers({
      tick: async () => {
        tried.push((clock.now().getTime() - Date.parse('2026-01-01T01:00:00Z')) / 1000)
        throw new Error('busy')
      },
    })
    await schedules.put(hourly)
    await clock.advance(hour + 2 * minute)
    expect(tried).toEqual([0, 1, 3, 7, 15, 31, 63])
    expect(lost).toEqual(['a 2026-01-01T01:00'])
  })

  it('does not lose a tick that is being tried again when its timer is put again as it is', async () => {
    let tried = 0
    const { clock, schedules, lost } = timers({
      tick: async () => {
        if (++tried < 3) throw new Error('busy')
      },
    })
    await schedules.put(hourly)
    await clock.advance(hour)
    await schedules.put(hourly)
    await clock.advance(minute)
    expect([tried, lost]).toEqual([3, []])
  })

  it.each([
    ['makes up for the newest tick', 190 * minute, ['a 2026-01-01T04:00']],
    ['leaves out all when the newest is too old', 196 * minute, []],
  ])('of a machine that slept %s', async (_, asleepMs, expected) => {
    const clock = createVirtualClock()
    const sleepy = { now: clock.now, sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms + asleepMs, signal) }
    const { schedules, ticks } = timers({ clock: sleepy })
    await schedules.put(hourly)
    // Due at 01:00.
    await clock.advance(hour + asleepMs)
    expect(ticks).toEqual(expected)
    await schedules.close()
  })

  it('makes up for a tick only while the timer is set', async () => {
    const { clock, schedules, ticks } = timers()
    schedules.makeUp('a', '2026-01-01T00:00:00.000Z')
    await schedules.put(hourly)
    schedules.makeUp('a', '2025-12-31T23:00:00.000Z')
    await clock.advance(0)
    expect(ticks).toEqual(['a 2025-12-31T23:00'])
  })

  it('refuses a timing that it cannot read', async () => {
    const { schedules } = timers()
    await expect(schedules.put({ ...hourly, cron: 'often' })).rejects.toMatchObject({ code: 'invalid' })
    await expect(schedules.put({ ...hourly, timezone: 'Mars/Base' })).rejects.toMatchObject({ code: 'invalid' })
    expect(schedules.armed()).toEqual([])
  })
})
