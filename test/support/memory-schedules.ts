import type { Schedules, Timer } from '../../core/platform/ports.ts'

export interface MemorySchedules extends Schedules {
  timers: Map<string, Timer>
}

/** Timers that never fire by themselves. */
export function createMemorySchedules(): MemorySchedules {
  const timers = new Map<string, Timer>()
  return {
    timers,
    async put(timer) {
      timers.set(timer.name, timer)
    },
    async delete(name) {
      timers.delete(name)
    },
  }
}
