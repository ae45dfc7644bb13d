import * as z from 'zod'
import { BuildId, BuildRequest, BuildView, DroppedRow } from '../build.ts'
import { type Operation, Paging, page } from './operation.ts'

const buildParams = z.strictObject({ build: BuildId })

export const buildOperations = {
  createBuild: {
    method: 'post',
    path: '/v1/builds',
    summary: 'Make dataset versions: rows through operators, a rollout pool, or a shadow evaluation set',
    scope: 'submit',
    body: BuildRequest,
    status: 201,
    response: BuildView,
  },
  listBuilds: {
    method: 'get',
    path: '/v1/builds',
    summary: 'List builds, newest first',
    scope: 'read',
    query: Paging,
    status: 200,
    response: page(BuildView),
  },
  getBuild: {
    method: 'get',
    path: '/v1/builds/{build}',
    summary: 'A build with its progress',
    scope: 'read',
    params: buildParams,
    status: 200,
    response: BuildView,
  },
  cancelBuild: {
    method: 'post',
    path: '/v1/builds/{build}/cancel',
    summary: 'Stop a build; nothing of it becomes visible',
    scope: 'submit',
    params: buildParams,
    status: 200,
    response: BuildView,
  },
  listDroppedRows: {
    method: 'get',
    path: '/v1/builds/{build}/dropped',
    summary: 'The rows that a build left out, whole, with operator and reason',
    scope: 'read',
    params: buildParams,
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(20), after: z.string().optional() }),
    status: 200,
    response: page(DroppedRow),
  },
} as const satisfies Record<string, Operation>
