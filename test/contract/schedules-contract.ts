import { expect, it } from 'vitest'
import type { Schedules } from '../../core/platform/ports.ts'

export interface SchedulesHarness {
  schedules: Schedules
  /** The names of the timers that are set. */
  names(): Promise<string[]>
}

/** What every driver of `Schedules` does. `open` gives one without timers. */
export function describeSchedules(open: () => Promise<SchedulesHarness>): void {
  const nightly = { name: 'nightly', cron: '0 2 * * *', timezone: 'Europe/Berlin' }

  it('sets a timer, once however often it is put', async () => {
    const { schedules, names } = await open()
    await schedules.put(nightly)
    await schedules.put(nightly)
    expect(await names()).toEqual(['nightly'])
  })

  it('keeps timers of different names apart, whatever a name may hold', async () => {
    const { schedules, names } = await open()
    const odd = `0.a_b-${'c'.repeat(57)}`
    await schedules.put(nightly)
    await schedules.put({ ...nightly, name: odd })
    expect((await names()).sort()).toEqual([odd, 'nightly'])
    await schedules.delete('nightly')
    expect(await names()).toEqual([odd])
  })

  it('deletes a timer, and what is not there too', async () => {
    const { schedules, names } = await open()
    await schedules.put(nightly)
    await schedules.delete('nightly')
    await schedules.delete('nightly')
    await schedules.delete('never')
    expect(await names()).toEqual([])
    await schedules.put(nightly)
    expect(await names()).toEqual(['nightly'])
  })

  it('replaces the timing of a timer', async () => {
    const { schedules, names } = await open()
    await schedules.put(nightly)
    await schedules.put({ ...nightly, cron: '*/10 * * * MON-FRI', timezone: 'UTC' })
    expect(await names()).toEqual(['nightly'])
  })

  it('takes many puts of one name at the same time', async () => {
    const { schedules, names } = await open()
    const crons = ['0 1 * * *', '0 2 * * *', '0 3 * * *']
    await Promise.all(crons.map((cron) => schedules.put({ ...nightly, cron })))
    expect(await names()).toEqual(['nightly'])
  })
}
