import * as z from 'zod'
import { Name } from '../primitives.ts'
import { PutSchedule, ScheduleView } from '../schedule.ts'
import { type Operation, Paging, page } from './operation.ts'

const nameParams = z.strictObject({ name: Name })

export const scheduleOperations = {
  putSchedule: {
    method: 'put',
    path: '/v1/schedules/{name}',
    summary: 'Create a schedule, or replace what it does',
    scope: 'submit',
    params: nameParams,
    body: PutSchedule,
    status: 200,
    response: ScheduleView,
  },
  listSchedules: {
    method: 'get',
    path: '/v1/schedules',
    summary: 'List schedules by name',
    scope: 'read',
    query: Paging,
    status: 200,
    response: page(ScheduleView),
  },
  getSchedule: {
    method: 'get',
    path: '/v1/schedules/{name}',
    summary: 'A schedule with its next runs and what became of the last one',
    scope: 'read',
    params: nameParams,
    status: 200,
    response: ScheduleView,
  },
  deleteSchedule: {
    method: 'delete',
    path: '/v1/schedules/{name}',
    summary: 'Delete a schedule; the jobs that it started stay',
    scope: 'submit',
    params: nameParams,
    status: 200,
    response: z.strictObject({ name: Name, deleted: z.literal(true) }),
  },
} as const satisfies Record<string, Operation>
