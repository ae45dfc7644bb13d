import * as z from 'zod'
import { Cron } from './cron.ts'
import { SubmitJob } from './job.ts'
import { JobId, Name, Timestamp } from './primitives.ts'

/** A zone of the IANA time zone database by its name; offsets such as +01:00 have no daylight saving and are refused. */
export const Timezone = z
  .string()
  .max(64)
  .refine((name) => /^[A-Z]/.test(name) && isZone(name), {
    error: ({ input }) => `"${input}" is no time zone of the IANA database; write it like UTC or Europe/Berlin`,
  })

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

const definition = {
  cron: Cron,
  timezone: Timezone,
  action: z.strictObject({
    kind: z.literal('job'),
    request: SubmitJob.describe('submitted each time, as POST /v1/jobs would'),
  }),
  enabled: z.boolean(),
}

export const PutSchedule = z.strictObject({
  ...definition,
  timezone: definition.timezone.default('UTC'),
  enabled: definition.enabled.default(true),
})

/** What became of the newest run: its job, or why there is none. */
export const LastRun = z.strictObject({
  scheduled_at: Timestamp,
  at: Timestamp.describe('when it was submitted'),
  job: JobId.optional(),
  problem: z
    .strictObject({
      code: z.string(),
      message: z.string(),
      errors: z.array(
        z.strictObject({ pointer: z.string(), code: z.string(), message: z.string(), remedy: z.string() }),
      ),
    })
    .optional(),
})

export const Schedule = z.strictObject({
  name: Name,
  ...definition,
  generation: z.int().min(1).describe('one more with each change; the job of a run is named by it'),
  created_at: Timestamp,
  updated_at: Timestamp.describe('when it was last changed; runs do not count'),
  last_run: LastRun.nullable(),
})

export const ScheduleView = Schedule.extend({
  next_runs: z.array(Timestamp).describe('the next five; none while it is disabled'),
})

/** A moment at which a schedule was due: what EventBridge Scheduler sends. At least once. */
export const Tick = z.strictObject({ schedule: Name, scheduled_at: Timestamp })

export type PutSchedule = z.infer<typeof PutSchedule>
export type LastRun = z.infer<typeof LastRun>
export type Schedule = z.infer<typeof Schedule>
export type ScheduleView = z.infer<typeof ScheduleView>
export type Tick = z.infer<typeof Tick>
