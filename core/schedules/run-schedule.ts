import type { LastRun, Schedule, Tick } from '../../schemas/schedule.ts'
import { submitJob } from '../jobs/submit-job.ts'
import { change } from '../platform/guarded-write.ts'
import type { Platform } from '../platform/ports.ts'
import { isRefusal, problemsOf } from './rehearse.ts'
import { scheduleDraft, scheduleKey, toSchedule } from './schedule-store.ts'

type Needs = Pick<Platform, 'table' | 'clock' | 'ids'>

/**
 * Starts the job of a schedule that is due, once however often the tick comes. Nothing starts when the schedule is gone, disabled,
 * or was changed after the tick was due. A refused submission is kept with the schedule; a passing fault is thrown: try again.
 */
export async function runSchedule(platform: Needs, tick: Tick): Promise<LastRun | undefined> {
  const scheduledAt = new Date(tick.scheduled_at).toISOString()
  const schedule = toSchedule(await platform.table.get(scheduleKey(tick.schedule)))
  if (!schedule?.enabled || scheduledAt <= schedule.updated_at) return undefined
  const run = { scheduled_at: scheduledAt, ...(await submit(platform, schedule, scheduledAt)) }
  await record(platform, schedule, run)
  return run
}

async function submit(
  platform: Needs,
  { name, generation, action }: Schedule,
  scheduledAt: string,
): Promise<Omit<LastRun, 'scheduled_at'>> {
  const at = platform.clock.now().toISOString()
  const request = { ...action.request, labels: { schedule: name, ...action.request.labels } }
  try {
    const caller = { principal: `schedule/${name}`, idempotencyKey: `${generation}/${scheduledAt}` }
    return { at, job: (await submitJob(platform, request, caller)).id }
  } catch (error) {
    if (!isRefusal(error)) throw error
    return { at, problem: { code: error.code, message: error.message, errors: problemsOf(error).slice(0, 20) } }
  }
}

/** An older run never hides a newer one, and of one tick that came twice a job hides a refusal. */
async function record({ table }: Needs, { name, generation }: Schedule, run: LastRun): Promise<void> {
  await change(table, scheduleKey(name), (current) => {
    const schedule = toSchedule(current)
    if (schedule?.generation !== generation) return undefined
    const before = schedule.last_run
    if (before && before.scheduled_at > run.scheduled_at) return undefined
    if (before?.scheduled_at === run.scheduled_at && (before.job !== undefined || run.job === undefined))
      return undefined
    return { draft: scheduleDraft({ ...schedule, last_run: run }) }
  })
}
