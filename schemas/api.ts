import * as z from 'zod'
import { Dataset, DatasetVersion, RegisterDataset, Upload } from './dataset.ts'
import { Evaluation, ScoreLine } from './evaluation.ts'
import { Job, JobEvent, JobView, SubmitJob } from './job.ts'
import { MetricSeries } from './metrics.ts'
import { PreflightReport } from './preflight.ts'
import { JobId, Name, Sha256 } from './primitives.ts'
import { Recipe, RecipeSpec } from './recipe.ts'
import { Alias, BaseModel, Model, ModelVersion, MoveAlias } from './registry.ts'
import { ResponseLine } from './trainer-contract.ts'

export const Scope = z.enum(['read', 'submit', 'approve', 'admin'])
export type Scope = z.infer<typeof Scope>

export interface Operation {
  method: 'get' | 'post' | 'put'
  /** With `{parameters}`, as OpenAPI writes it. */
  path: string
  summary: string
  /** undefined: no token needed. */
  scope?: Scope
  params?: z.ZodObject
  query?: z.ZodObject
  body?: z.ZodType
  status: 200 | 201 | 202
  response: z.ZodType
}

const page = <Item extends z.ZodType>(item: Item) => z.strictObject({ items: z.array(item), next: z.string().nullable().describe('pass as `after` to get the next page') })
const paging = { limit: z.coerce.number().int().min(1).max(1000).default(50), after: z.string().optional() }
const Paging = z.strictObject(paging)
const jobParams = z.strictObject({ job: JobId })
const nameParams = z.strictObject({ name: Name })
const step = z.coerce.number().int().min(0).optional()

/** Every operation of the HTTP API, once: routes, OpenAPI document and clients all read this table. */
export const operations = {
  health: { method: 'get', path: '/healthz', summary: 'Is the service up?', status: 200, response: z.strictObject({ ok: z.literal(true), version: z.string() }) },

  submitJob: { method: 'post', path: '/v1/jobs', summary: 'Submit a job', scope: 'submit', body: SubmitJob, status: 202, response: Job },
  listJobs: { method: 'get', path: '/v1/jobs', summary: 'List jobs, newest first', scope: 'read', query: Paging, status: 200, response: page(Job) },
  getJob: { method: 'get', path: '/v1/jobs/{job}', summary: 'A job with the progress of its stages', scope: 'read', params: jobParams, status: 200, response: JobView },
  cancelJob: {
    method: 'post',
    path: '/v1/jobs/{job}/cancel',
    summary: 'Cancel a job: its trainer checkpoints and stops',
    scope: 'submit',
    params: jobParams,
    body: z.strictObject({ reason: z.string().min(1).max(500).default('cancelled by its owner') }),
    status: 202,
    response: Job,
  },
  resumeJob: {
    method: 'post',
    path: '/v1/jobs/{job}/resume',
    summary: 'Run a failed or cancelled job again from its latest complete checkpoint',
    scope: 'submit',
    params: jobParams,
    status: 202,
    response: Job,
  },
  cloneJob: {
    method: 'post',
    path: '/v1/jobs/{job}/clone',
    summary: 'Submit the same recipe version on the same dataset versions again',
    scope: 'submit',
    params: jobParams,
    status: 202,
    response: Job,
  },
  listJobEvents: { method: 'get', path: '/v1/jobs/{job}/events', summary: "A job's history, oldest first", scope: 'read', params: jobParams, query: Paging, status: 200, response: page(JobEvent) },
  getPreflight: {
    method: 'get',
    path: '/v1/jobs/{job}/preflight',
    summary: 'The preflight reports; null while a round has not run',
    scope: 'read',
    params: jobParams,
    status: 200,
    response: z.strictObject({ round1: PreflightReport.nullable(), round2: PreflightReport.nullable() }),
  },
  getMetrics: {
    method: 'get',
    path: '/v1/jobs/{job}/metrics',
    summary: 'Metric series by stage and name',
    scope: 'read',
    params: jobParams,
    query: z.strictObject({ names: z.string().optional().describe('comma-separated; all when absent'), stage: step, start_step: step, end_step: step }),
    status: 200,
    response: z.strictObject({ series: z.array(MetricSeries) }),
  },
  getLogs: {
    method: 'get',
    path: '/v1/jobs/{job}/logs',
    summary: "The last lines of a trainer's output; the newest attempt unless told",
    scope: 'read',
    params: jobParams,
    query: z.strictObject({ stage: step, attempt: z.coerce.number().int().min(1).optional(), lines: z.coerce.number().int().min(1).max(5000).default(200) }),
    status: 200,
    response: z.strictObject({ stage: z.int(), attempt: z.int(), lines: z.array(z.string()) }),
  },
  getFailurePack: {
    method: 'get',
    path: '/v1/jobs/{job}/failure-pack',
    summary: 'A URL from which the failure pack can be read for an hour',
    scope: 'read',
    params: jobParams,
    status: 200,
    response: z.strictObject({ url: z.string() }),
  },

  publishRecipe: { method: 'post', path: '/v1/recipes', summary: 'Publish a recipe as its next immutable version', scope: 'submit', body: RecipeSpec, status: 201, response: Recipe },
  validateRecipe: {
    method: 'post',
    path: '/v1/recipes/validate',
    summary: 'Check a recipe without publishing it',
    scope: 'read',
    body: RecipeSpec,
    status: 200,
    response: z.strictObject({ valid: z.literal(true), spec: RecipeSpec.describe('with every default filled in') }),
  },
  listRecipes: { method: 'get', path: '/v1/recipes', summary: 'List recipe versions by name', scope: 'read', query: Paging, status: 200, response: page(Recipe) },
  getRecipe: {
    method: 'get',
    path: '/v1/recipes/{name}',
    summary: 'A recipe: the newest version unless told',
    scope: 'read',
    params: nameParams,
    query: z.strictObject({ version: z.coerce.number().int().min(1).optional() }),
    status: 200,
    response: Recipe,
  },

  createUpload: { method: 'post', path: '/v1/uploads', summary: 'Get a URL to PUT one file to', scope: 'submit', status: 201, response: Upload },
  registerDataset: {
    method: 'post',
    path: '/v1/datasets/{name}/versions',
    summary: 'Register an uploaded file as an immutable dataset version',
    scope: 'submit',
    params: nameParams,
    body: RegisterDataset,
    status: 201,
    response: DatasetVersion,
  },
  listDatasets: { method: 'get', path: '/v1/datasets', summary: 'List datasets by name', scope: 'read', query: Paging, status: 200, response: page(Dataset) },
  listDatasetVersions: {
    method: 'get',
    path: '/v1/datasets/{name}/versions',
    summary: 'List the versions of a dataset',
    scope: 'read',
    params: nameParams,
    query: Paging,
    status: 200,
    response: page(DatasetVersion),
  },
  getDatasetVersion: {
    method: 'get',
    path: '/v1/datasets/{name}/versions/{digest}',
    summary: 'A dataset version; `latest` for the newest',
    scope: 'read',
    params: z.strictObject({ name: Name, digest: z.union([z.literal('latest'), Sha256]) }),
    status: 200,
    response: DatasetVersion,
  },

  getEvaluation: { method: 'get', path: '/v1/evaluations/{evaluation}', summary: 'An evaluation with its summary', scope: 'read', params: z.strictObject({ evaluation: z.string() }), status: 200, response: Evaluation },
  listResponses: {
    method: 'get',
    path: '/v1/evaluations/{evaluation}/responses',
    summary: 'Every response with its score, in item order',
    scope: 'read',
    params: z.strictObject({ evaluation: z.string() }),
    query: z.strictObject({ limit: paging.limit, after: z.coerce.number().int().min(-1).default(-1) }),
    status: 200,
    response: page(z.strictObject({ ...ResponseLine.shape, ...ScoreLine.shape })),
  },

  listModels: { method: 'get', path: '/v1/models', summary: 'List model versions by name', scope: 'read', query: Paging, status: 200, response: page(ModelVersion) },
  getModel: { method: 'get', path: '/v1/models/{name}', summary: 'A model with its versions and aliases', scope: 'read', params: nameParams, status: 200, response: Model },
  moveAlias: {
    method: 'put',
    path: '/v1/models/{name}/aliases/{alias}',
    summary: 'Point an alias at a version, when the rules allow it',
    scope: 'approve',
    params: z.strictObject({ name: Name, alias: Name }),
    body: MoveAlias,
    status: 200,
    response: Alias,
  },
  listBaseModels: { method: 'get', path: '/v1/base-models', summary: 'Base models that recipes can name', scope: 'read', query: Paging, status: 200, response: page(BaseModel) },
} as const satisfies Record<string, Operation>

export type OperationName = keyof typeof operations
