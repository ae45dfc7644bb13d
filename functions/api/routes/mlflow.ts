import type { Context, Hono } from 'hono'
import type * as z from 'zod'
import { Fault } from '../../../core/platform/fault.ts'
import { parse } from '../../../core/platform/parse.ts'
import type { Platform } from '../../../core/platform/ports.ts'
import type { Scope } from '../../../schemas/operations/operation.ts'
import { type Authenticate, requireScope } from '../auth.ts'
import { isInternal } from '../faults.ts'
import { parsePythonJson } from './mlflow-body.ts'
import { experimentHandlers } from './mlflow-experiments.ts'
import { type MlflowError, notImplemented, toMlflowError } from './mlflow-faults.ts'
import { runHandlers } from './mlflow-runs.ts'

export interface MlflowOptions {
  authenticate: Authenticate
  requestIdOf: (request: Request) => string
  /** Gets what the caller is not told. */
  logError: (requestId: string, error: unknown) => void
}

export type MlflowNeeds = Pick<Platform, 'table' | 'metrics' | 'clock' | 'ids'>

/** Serves one endpoint: method, path under /api/2.0/mlflow, scope, the schema of body or query, and what to do. */
export type ServeMlflow = <Schema extends z.ZodType>(
  endpoint: `${'GET' | 'POST'} ${string}`,
  scope: Scope,
  schema: Schema,
  handle: (request: z.infer<Schema>) => Promise<object>,
) => void

/** Where the paths of MLflow's protocol begin. */
export const mlflowPrefixes = ['/api/2.0/mlflow', '/api/3.0/mlflow', '/api/2.0/mlflow-artifacts'] as const

/** The part of MLflow's tracking protocol that logs and reads runs. Everything else is refused by name, as MLflow's errors. */
export function mlflowRoutes(app: Hono, platform: MlflowNeeds, options: MlflowOptions): void {
  const answer = (context: Context, { body, status }: MlflowError) => {
    if (status === 503) context.header('retry-after', '2')
    if (status === 401) context.header('www-authenticate', 'Bearer')
    return context.json(body, status)
  }
  const guarded = (scope: Scope, respond: (context: Context) => Promise<Response>) => async (context: Context) => {
    try {
      requireScope(await options.authenticate(context.req.raw, context.env), scope)
      return await respond(context)
    } catch (error) {
      const requestId = options.requestIdOf(context.req.raw)
      if (isInternal(error)) options.logError(requestId, error)
      return answer(context, toMlflowError(error, requestId))
    }
  }
  const serve: ServeMlflow = (endpoint, scope, schema, handle) => {
    const [method = '', path = ''] = endpoint.split(' ')
    const respond = async (context: Context) =>
      context.json(await handle(parse(schema, await inputOf(context, method), path)))
    app.on(method, `/api/2.0/mlflow/${path}`, guarded(scope, respond))
  }

  experimentHandlers(serve, platform)
  runHandlers(serve, platform)
  const { list, refused } = artifacts
  app.get('/api/2.0/mlflow/artifacts/list', guarded('read', list))
  app.get('/api/2.0/mlflow-artifacts/artifacts', guarded('read', list))
  for (const prefix of mlflowPrefixes)
    app.all(
      `${prefix}/*`,
      guarded('read', async (context) => answer(context, refused(context.req.path))),
    )
}

async function inputOf({ req }: Context, method: string): Promise<unknown> {
  if (method === 'GET') return req.query()
  if (req.header('content-encoding')) throw new Fault('invalid', 'the body is compressed; send it as it is')
  return parsePythonJson(await req.text())
}

const artifacts = {
  list: async (context: Context) => context.json({ root_uri: '', files: [] }),
  refused(path: string): MlflowError {
    const instead = 'keep the file elsewhere and log where it is as a tag'
    if (path.startsWith('/api/2.0/mlflow-artifacts/')) return notImplemented('artifact uploads and downloads', instead)
    const registry = /mlflow\/(registered-models|model-versions)\b/.test(path)
    if (registry) return notImplemented("MLflow's model registry", 'models are registered by jobs: see /v1/models')
    if (/mlflow\/logged-models\b|log-model|runs\/outputs/.test(path))
      return notImplemented('logged models', 'models are registered by jobs: see /v1/models')
    if (/experiments\/update\b/.test(path)) return notImplemented('renaming of experiments', 'create another one')
    if (/traces?\b/.test(path)) return notImplemented('traces', 'only runs are kept')
    const message = `nothing of Sluice is at ${path}; docs/mlflow.md lists what is served`
    return { body: { error_code: 'ENDPOINT_NOT_FOUND', message }, status: 404 }
  },
}
