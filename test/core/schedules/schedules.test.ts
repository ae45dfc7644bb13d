import { beforeEach, describe, expect, it } from 'vitest'
import { getJob, listJobs } from '../../../core/jobs/job-store.ts'
import { Fault } from '../../../core/platform/fault.ts'
import type { Table } from '../../../core/platform/ports.ts'
import { registerBaseModel } from '../../../core/registry/base-models.ts'
import { deleteSchedule, putSchedule } from '../../../core/schedules/change-schedule.ts'
import { missedTick } from '../../../core/schedules/missed-tick.ts'
import { runSchedule } from '../../../core/schedules/run-schedule.ts'
import { getSchedule, listSchedules } from '../../../core/schedules/schedule-store.ts'
import { PutSchedule } from '../../../schemas/schedule.ts'
import { baseModel, prepareProject } from '../support/project.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

const definition = (change: object = {}) =>
  PutSchedule.parse({ cron: '0 * * * *', action: { kind: 'job', request: { recipe: 'sample' } }, ...change })
const tick = (scheduled_at: string) => ({ schedule: 'hourly', scheduled_at })
const first = tick('2026-01-01T01:00:00.000Z')
const second = tick('2026-01-01T02:00:00.000Z')

let platform: TestPlatform
beforeEach(async () => {
  platform = createTestPlatform()
  await prepareProject(platform)
  await putSchedule(platform, 'hourly', definition())
  await platform.clock.advance(3_600_000)
})

const jobs = async () => (await listJobs(platform.table, {})).items
const lastRun = async () => (await getSchedule(platform, 'hourly')).last_run
/** Without the base model nothing can be submitted. */
const breakBase = () => platform.table.delete({ pk: `BASE#${baseModel.id}`, sk: '-' }, 'any')

describe('a schedule that is due', () => {
  it('starts one job for a doubled tick, also when both come at once', async () => {
    await Promise.all([runSchedule(platform, first), runSchedule(platform, first)])
    await platform.clock.advance(60_000)
    await runSchedule(platform, { ...first, scheduled_at: '2026-01-01T01:00:00Z' })
    const [job, ...others] = await jobs()
    expect(others).toEqual([])
    expect(job).toMatchObject({ recipe: { name: 'sample' }, labels: { schedule: 'hourly' } })
    expect(await lastRun()).toEqual({ scheduled_at: first.scheduled_at, at: first.scheduled_at, job: job?.id })
  })

  it('starts another job for another tick, and shows the newest whatever the order', async () => {
    await platform.clock.advance(3_600_000)
    await runSchedule(platform, second)
    await runSchedule(platform, first)
    expect(await jobs()).toHaveLength(2)
    expect(await lastRun()).toMatchObject({ scheduled_at: second.scheduled_at })
  })

  it('starts one job when it dies after any of its writes and runs again', async () => {
    for (let at = 1; at <= 3; at++) {
      let writes = 0
      const put: Table['put'] = async (...call) => {
        const item = await platform.table.put(...call)
        if (++writes === at) throw new Error('died')
        return item
      }
      const dying = { ...platform, table: { ...platform.table, put } }
      const due = tick(`2026-01-01T0${at}:00:00.000Z`)
      await expect(runSchedule(dying, due)).rejects.toThrow('died')
      await runSchedule(platform, due)
      expect(await jobs()).toHaveLength(at)
      expect(await lastRun()).toMatchObject({ scheduled_at: due.scheduled_at, job: expect.any(String) })
    }
  })

  it.each([
    ['disabled', () => putSchedule(platform, 'hourly', definition({ enabled: false }))],
    ['deleted', () => deleteSchedule(platform, 'hourly')],
    ['changed after the tick was due', () => putSchedule(platform, 'hourly', definition({ cron: '5 * * * *' }))],
  ])('starts nothing when it was %s meanwhile', async (_, meanwhile) => {
    await platform.clock.advance(1000)
    await meanwhile()
    expect(await runSchedule(platform, first)).toBeUndefined()
    expect(await jobs()).toEqual([])
  })

  it('starts nothing that never was a schedule', async () => {
    expect(await runSchedule(platform, { ...first, schedule: 'other' })).toBeUndefined()
  })

  it('records a refused submission with everything that is wrong, and does not ask for another try', async () => {
    await breakBase()
    await runSchedule(platform, first)
    expect(await jobs()).toEqual([])
    expect(await lastRun()).toEqual({
      scheduled_at: first.scheduled_at,
      at: first.scheduled_at,
      problem: {
        code: 'invalid',
        message: expect.stringContaining('1 problem'),
        errors: [expect.objectContaining({ pointer: '/recipe/base_model', code: 'not_found' })],
      },
    })
  })

  it('lets the job of a second try of the same tick stand, and never a late refusal in its place', async () => {
    await breakBase()
    await runSchedule(platform, first)
    await registerBaseModel(platform, baseModel)
    await runSchedule(platform, first)
    await breakBase()
    await runSchedule(platform, first)
    const { job } = (await lastRun()) ?? {}
    expect(await getJob(platform.table, job ?? '')).toMatchObject({ status: 'submitted' })
  })

  it('throws what passes, so that the tick comes again', async () => {
    const put: Table['put'] = async () => {
      throw new Fault('busy', 'throttled')
    }
    await expect(runSchedule({ ...platform, table: { ...platform.table, put } }, first)).rejects.toMatchObject({
      code: 'busy',
    })
    expect(await lastRun()).toBeNull()
  })
})

describe('a definition', () => {
  it('shows its next five runs in its own zone', async () => {
    const view = await putSchedule(platform, 'nightly', definition({ cron: '0 2 * * *', timezone: 'Asia/Kolkata' }))
    expect(view.next_runs).toHaveLength(5)
    expect(view.next_runs[0]).toBe('2026-01-01T20:30:00.000Z')
  })

  it('that says the same again changes nothing and announces nothing', async () => {
    const before = await getSchedule(platform, 'hourly')
    const events = platform.events().length
    expect(await putSchedule(platform, 'hourly', definition())).toEqual(before)
    expect(platform.events()).toHaveLength(events)
  })

  it('that could never start is refused with the pointers of its submission, and the old one stays', async () => {
    const request = { recipe: 'sample', datasets: { 'sample-sft': 'no-such-data', typo: 'x' } }
    await expect(
      putSchedule(platform, 'hourly', definition({ action: { kind: 'job', request } })),
    ).rejects.toMatchObject({
      code: 'invalid',
      errors: [
        expect.objectContaining({ pointer: '/action/request/datasets/typo', code: 'unused' }),
        expect.objectContaining({ pointer: '/action/request/datasets/sample-sft', code: 'not_found' }),
      ],
    })
    expect(await getSchedule(platform, 'hourly')).toMatchObject({ generation: 1 })
  })

  it('leaves no trace of the job that it tries', async () => {
    const events = platform.events().length
    await putSchedule(platform, 'other', definition())
    expect(await jobs()).toEqual([])
    expect(
      platform
        .events()
        .slice(events)
        .map(({ type }) => type),
    ).toEqual(['schedule.changed.v1'])
  })

  it('can be disabled although its job cannot start any more', async () => {
    await breakBase()
    const view = await putSchedule(platform, 'hourly', definition({ enabled: false }))
    expect(view).toMatchObject({ enabled: false, generation: 2, next_runs: [] })
  })

  it('is gone when it is deleted, is deleted twice, and announces itself anew when it comes back', async () => {
    await deleteSchedule(platform, 'hourly')
    await deleteSchedule(platform, 'hourly')
    await expect(getSchedule(platform, 'hourly')).rejects.toMatchObject({ code: 'not_found' })
    await expect(deleteSchedule(platform, 'never')).rejects.toMatchObject({ code: 'not_found' })
    expect((await listSchedules(platform, {})).items).toEqual([])
    expect(await putSchedule(platform, 'hourly', definition())).toMatchObject({ generation: 3 })
    const ids = platform.events().filter(({ type }) => type === 'schedule.changed.v1')
    expect(new Set(ids.map(({ id }) => id)).size).toBe(3)
  })
})

describe('a tick missed while the server was off', () => {
  const missed = async (now: string) =>
    missedTick(await getSchedule(platform, 'hourly'), new Date(now), 900)?.scheduled_at

  it('is made up for within its grace, the newest alone', async () => {
    expect(await missed('2026-01-01T05:14:00Z')).toBe('2026-01-01T05:00:00.000Z')
    expect(await missed('2026-01-01T05:15:00Z')).toBe('2026-01-01T05:00:00.000Z')
    expect(await missed('2026-01-01T05:15:01Z')).toBeUndefined()
  })

  it('is none that ran, that is older than the schedule, or of a disabled one', async () => {
    await runSchedule(platform, first)
    expect(await missed('2026-01-01T01:10:00Z')).toBeUndefined()
    await platform.clock.advance(300_000)
    await putSchedule(platform, 'hourly', definition({ cron: '0,4 * * * *' }))
    expect(await missed('2026-01-01T01:10:00Z')).toBeUndefined()
    await putSchedule(platform, 'hourly', definition({ enabled: false }))
    expect(await missed('2026-01-01T02:05:00Z')).toBeUndefined()
  })
})
