import { Cron } from 'croner'
import { Fault } from '../../core/platform/fault.ts'
import type { Clock, Schedules, Timer } from '../../core/platform/ports.ts'
import { formatCron, parseCron } from '../../schemas/cron.ts'

export interface EmbeddedSchedules extends Schedules {
  /** The timers that run, by name. */
  armed(): string[]
  /** Delivers a tick that was due before its timer was set. Resolves at once. */
  makeUp(name: string, scheduledAt: string): void
  /** Starts no further tick and resolves when those under way have ended. */
  close(): Promise<void>
}

export interface SchedulesOptions {
  clock: Clock
  /** Called for each moment that is due, ISO 8601. Throwing has it called again, a few times. */
  tick: (name: string, scheduledAt: string) => Promise<void>
  /** Hears of a tick that was given up. */
  onLost: (name: string, scheduledAt: string, error: unknown) => void
  /** A tick that is this late is not made up for: the machine slept. */
  graceSeconds: number
}

interface Running {
  timing: string
  stop: AbortController
}

// With pauses of 1, 2, 4 ... seconds, together a minute.
const tickAttempts = 7

/** Timers of this process, which live as long as it does: the next start sets them again from the table. */
export function createSchedules(options: SchedulesOptions): EmbeddedSchedules {
  const timers = new Map<string, Running>()
  const loops = new Set<Promise<void>>()

  function stop(name: string): void {
    timers.get(name)?.stop.abort(new Error(`timer ${name} ended`))
    timers.delete(name)
  }

  function track(work: Promise<void>): void {
    const tracked = work.finally(() => loops.delete(tracked))
    loops.add(tracked)
  }

  return {
    async put({ name, cron, timezone }) {
      const timing = `${cron} ${timezone}`
      if (timers.get(name)?.timing === timing) return
      const next = nextOf({ name, cron, timezone })
      stop(name)
      const controller = new AbortController()
      timers.set(name, { timing, stop: controller })
      track(run(name, next, controller.signal, options))
    },
    async delete(name) {
      stop(name)
    },
    armed: () => [...timers.keys()],
    makeUp(name, scheduledAt) {
      const signal = timers.get(name)?.stop.signal
      if (signal) track(deliver(name, scheduledAt, signal, options))
    },
    async close() {
      for (const name of [...timers.keys()]) stop(name)
      await Promise.all(loops)
    },
  }
}

type Next = (after: Date) => Date | null

function nextOf({ name, cron, timezone }: Timer): Next {
  try {
    const job = new Cron(formatCron(parseCron(cron)), { timezone, paused: true })
    job.nextRun(new Date(0))
    return (after) => job.nextRun(after)
  } catch (cause) {
    const problem = `timer "${name}" cannot be set to cron "${cron}" in ${timezone}: ${(cause as Error).message}`
    throw new Fault('invalid', problem, { cause })
  }
}

async function run(name: string, next: Next, signal: AbortSignal, options: SchedulesOptions): Promise<void> {
  const { clock, graceSeconds } = options
  let due = next(clock.now())
  while (due) {
    if (!(await slept(clock, due.getTime() - clock.now().getTime(), signal))) return
    const last = lastUntil(due, clock.now(), next)
    const late = clock.now().getTime() - last.getTime()
    if (late <= graceSeconds * 1000) await deliver(name, last.toISOString(), signal, options)
    due = next(last)
  }
}

/** Of all that came due while the machine slept, the newest. */
function lastUntil(due: Date, now: Date, next: Next): Date {
  let last = due
  for (let each = next(last); each && each <= now; each = next(last)) last = each
  return last
}

async function deliver(
  name: string,
  at: string,
  signal: AbortSignal,
  { tick, clock, onLost }: SchedulesOptions,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tick(name, at)
    } catch (error) {
      if (attempt === tickAttempts) return onLost(name, at, error)
      if (!(await slept(clock, 1000 * 2 ** (attempt - 1), signal))) return onLost(name, at, error)
    }
  }
}

/** Whether the time passed; false when it was cut short. */
async function slept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  return clock.sleep(Math.max(0, ms), signal).then(
    () => !signal.aborted,
    () => false,
  )
}
