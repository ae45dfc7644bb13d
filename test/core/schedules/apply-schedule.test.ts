import { beforeEach, expect, it } from 'vitest'
import type { Schedules } from '../../../core/platform/ports.ts'
import { applySchedule } from '../../../core/schedules/apply-schedule.ts'
import { deleteSchedule, putSchedule } from '../../../core/schedules/change-schedule.ts'
import { PutSchedule } from '../../../schemas/schedule.ts'
import { prepareProject } from '../support/project.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

const definition = (cron: string, enabled = true) =>
  PutSchedule.parse({ cron, enabled, action: { kind: 'job', request: { recipe: 'sample' } } })

let platform: TestPlatform
beforeEach(async () => {
  platform = createTestPlatform()
  await prepareProject(platform)
  await putSchedule(platform, 'nightly', definition('0 1 * * *'))
})
const timers = () => [...platform.schedules.timers.values()]

it('the timer is set as the record says, and set again without harm', async () => {
  await applySchedule(platform, 'nightly')
  await applySchedule(platform, 'nightly')
  expect(timers()).toEqual([{ name: 'nightly', cron: '0 1 * * *', timezone: 'UTC' }])
})

it.each([
  ['disabled', () => putSchedule(platform, 'nightly', definition('0 1 * * *', false))],
  ['deleted', () => deleteSchedule(platform, 'nightly')],
])('the timer goes when the schedule is %s, also when the events come late and in another order', async (_, end) => {
  await applySchedule(platform, 'nightly')
  await end()
  await applySchedule(platform, 'nightly')
  await applySchedule(platform, 'nightly')
  expect(timers()).toEqual([])
})

it('a change while the timer is being set is applied too: a late put never outlives a delete', async () => {
  let first = true
  const slow: Schedules = {
    async put(timer) {
      if (first) {
        first = false
        await deleteSchedule(platform, 'nightly')
        await applySchedule(platform, 'nightly')
      }
      await platform.schedules.put(timer)
    },
    delete: (name) => platform.schedules.delete(name),
  }
  await applySchedule({ ...platform, schedules: slow }, 'nightly')
  expect(first).toBe(false)
  expect(timers()).toEqual([])
})
