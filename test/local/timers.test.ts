import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { listJobs } from '../../core/jobs/job-store.ts'
import { applySchedule } from '../../core/schedules/apply-schedule.ts'
import { putSchedule } from '../../core/schedules/change-schedule.ts'
import { getSchedule } from '../../core/schedules/schedule-store.ts'
import { createTimers } from '../../local/timers.ts'
import { PutSchedule } from '../../schemas/schedule.ts'
import { prepareProject } from '../core/support/project.ts'
import { createTestPlatform, type TestPlatform } from '../core/support/test-platform.ts'

const minute = 60_000
const hourly = (enabled = true) =>
  PutSchedule.parse({ cron: '0 * * * *', enabled, action: { kind: 'job', request: { recipe: 'sample' } } })

let platform: TestPlatform
beforeEach(async () => {
  platform = createTestPlatform()
  await prepareProject(platform)
  await putSchedule(platform, 'hourly', hourly())
})

/** A runtime's timers; `stop` is its end. */
function start() {
  const timers = createTimers({ clock: platform.clock, log: () => {}, platform: () => running })
  const running = { ...platform, schedules: timers.schedules }
  onTestFinished(() => timers.close())
  return { ...timers, running }
}

const due = async () => (await getSchedule(platform, 'hourly')).last_run?.scheduled_at
const jobs = async () => (await listJobs(platform.table, {})).items.length

it('a schedule submits its job at each moment, with what its function is granted', async () => {
  const { running } = start()
  await applySchedule(running, 'hourly')
  await platform.clock.advance(150 * minute)
  expect(await jobs()).toBe(2)
  expect(await due()).toBe('2026-01-01T02:00:00.000Z')
})

it('a restart sets the timers again from the table', async () => {
  await start().resume()
  await platform.clock.advance(60 * minute)
  expect(await jobs()).toBe(1)
})

it('a restart makes up for the run that was missed a moment ago, once over many restarts', async () => {
  await platform.clock.advance(130 * minute)
  for (let round = 0; round < 3; round++) {
    const timers = start()
    await timers.resume()
    await platform.clock.advance(0)
    await timers.close()
  }
  expect(await jobs()).toBe(1)
  expect(await due()).toBe('2026-01-01T02:00:00.000Z')
})

it('a restart leaves out runs that were missed long ago, and disabled schedules', async () => {
  await putSchedule(platform, 'off', hourly(false))
  await platform.clock.advance(140 * minute)
  const timers = start()
  await timers.resume()
  await platform.clock.advance(0)
  expect(await jobs()).toBe(0)
  expect(timers.schedules.armed()).toEqual(['hourly'])
})
