import type { Schedule, ScheduleView } from '../../schemas/schedule.ts'
import { Fault } from '../platform/fault.ts'
import { mapPage, type PageRequest, pageOptions, queryAll } from '../platform/paging.ts'
import type { Draft, Item, JsonObject, Page, Platform, Table } from '../platform/ports.ts'
import { nextRuns } from './next-runs.ts'

type Needs = Pick<Platform, 'table' | 'clock'>

const shownRuns = 5

export const scheduleKey = (name: string) => ({ pk: `SCHEDULE#${name}`, sk: '-' })

/** `gsi2` lists the schedules by name. */
export function scheduleDraft(schedule: Schedule): Draft {
  return {
    ...scheduleKey(schedule.name),
    data: schedule as unknown as JsonObject,
    gsi2: { pk: 'SCHEDULES', sk: schedule.name },
  }
}

/** What stays of a deleted schedule: event ids and generations go on from it when the name is used again. */
export function deletedDraft(name: string, generation: number): Draft {
  return { ...scheduleKey(name), data: { deleted: true, generation } }
}

/** undefined when there is none, also when it was deleted. */
export function toSchedule(item: Item | undefined): Schedule | undefined {
  return item === undefined || item.data.deleted === true ? undefined : (item.data as unknown as Schedule)
}

/** How often the name was written to as a definition, deletions included; 0 for a name that was never used. */
export const generationOf = (item: Item | undefined) => Number(item?.data.generation ?? 0)

/** Fault `not_found`. */
export async function getSchedule({ table, clock }: Needs, name: string): Promise<ScheduleView> {
  const schedule = toSchedule(await table.get(scheduleKey(name)))
  if (schedule) return viewOf(schedule, clock.now())
  throw noSchedule(name)
}

export function noSchedule(name: string): Fault {
  return new Fault('not_found', `schedule "${name}" does not exist; list schedules with: sluice schedules list`)
}

/** By name. */
export async function listSchedules({ table, clock }: Needs, request: PageRequest): Promise<Page<ScheduleView>> {
  const page = await table.query({ pk: 'SCHEDULES', index: 'gsi2', ...pageOptions(request) })
  const now = clock.now()
  return mapPage(page, (item) => viewOf(item.data as unknown as Schedule, now))
}

/** The name of every schedule. The index may lag: read a schedule again before acting on it. */
export async function* scheduleNames(table: Table): AsyncGenerator<string> {
  for await (const item of queryAll(table, { pk: 'SCHEDULES', index: 'gsi2' })) yield String(item.data.name)
}

/** With the next five runs; none while it is disabled. */
export function viewOf(schedule: Schedule, now: Date): ScheduleView {
  const runs = schedule.enabled ? nextRuns(schedule, now).take(shownRuns) : []
  return { ...schedule, next_runs: [...runs].map((run) => run.toISOString()) }
}
