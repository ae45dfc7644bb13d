import * as z from 'zod'

/** 64-bit integers come as numbers or, from clients in other languages, as text. */
const Long = z.union([
  z.int(),
  z
    .string()
    .regex(/^-?\d{1,16}$/, 'must be a whole number')
    .transform(Number),
])

const nonFinite = { NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, '-Infinity': Number.NEGATIVE_INFINITY }

const Double = z.union([
  z.number(),
  z.enum(['NaN', 'Infinity', '-Infinity']).transform((text) => nonFinite[text]),
  z
    .string()
    .regex(/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/, 'must be a number, "NaN", "Infinity" or "-Infinity"')
    .transform(Number),
])

const statuses = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const

/** By name, or by its number in MLflow's protocol. */
const Status = z.union([
  z.enum(statuses),
  z
    .int()
    .min(1)
    .max(5)
    .transform((number) => statuses[number - 1] as (typeof statuses)[number]),
])

export const MlflowStatus = z.enum(statuses)
export type MlflowStatus = z.infer<typeof MlflowStatus>

// Until the end of the year 9999: what comes later is a unit that is none.
const Time = Long.refine((ms) => ms >= 0 && ms < 253_402_300_800_000, 'must be epoch milliseconds')
const ViewType = z.enum(['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL']).default('ACTIVE_ONLY')
const Tag = z.object({ key: z.string(), value: z.string().default('') })
const Param = Tag
const Metric = z.object({ key: z.string(), value: Double, timestamp: Time, step: Long.default(0) })

const RunReference = { run_id: z.string().optional(), run_uuid: z.string().optional() }
const ExperimentReference = z.object({ experiment_id: z.string() })

/** Requests of MLflow's tracking protocol that only log or read; unknown fields are ignored, as MLflow ignores them. */
export const mlflowRequests = {
  createExperiment: z.object({
    name: z.string(),
    artifact_location: z.string().optional(),
    tags: z.array(Tag).default([]),
  }),
  experiment: ExperimentReference,
  experimentByName: z.object({ experiment_name: z.string() }),
  setExperimentTag: ExperimentReference.extend(Tag.shape),
  deleteExperimentTag: ExperimentReference.extend({ key: z.string() }),
  searchExperiments: z.object({
    view_type: ViewType,
    filter: z.string().default(''),
    order_by: z.array(z.string()).default([]),
    max_results: Long.default(1000),
    page_token: z.string().default(''),
  }),
  createRun: z.object({
    experiment_id: z.string().default('0'),
    user_id: z.string().default(''),
    run_name: z.string().default(''),
    start_time: Time.optional(),
    tags: z.array(Tag).default([]),
  }),
  run: z.object(RunReference),
  updateRun: z.object({
    ...RunReference,
    status: Status.optional(),
    end_time: Time.optional(),
    run_name: z.string().optional(),
  }),
  logMetric: Metric.extend(RunReference),
  logParameter: Param.extend(RunReference),
  setTag: Tag.extend(RunReference),
  deleteTag: z.object({ ...RunReference, key: z.string() }),
  logBatch: z.object({
    ...RunReference,
    metrics: z.array(Metric).default([]),
    params: z.array(Param).default([]),
    tags: z.array(Tag).default([]),
  }),
  logInputs: z.object({
    ...RunReference,
    datasets: z
      .array(
        z.object({
          tags: z.array(Tag).default([]),
          dataset: z.object({
            name: z.string(),
            digest: z.string(),
            source_type: z.string().default(''),
            source: z.string().default(''),
            schema: z.string().optional(),
            profile: z.string().optional(),
          }),
        }),
      )
      .default([]),
    models: z.array(z.unknown()).default([]),
  }),
  searchRuns: z.object({
    experiment_ids: z.array(z.string()).default([]),
    filter: z.string().default(''),
    run_view_type: ViewType,
    max_results: Long.default(1000),
    order_by: z.array(z.string()).default([]),
    page_token: z.string().default(''),
  }),
  metricHistory: z.object({
    ...RunReference,
    metric_key: z.string(),
    max_results: Long.optional(),
    page_token: z.string().default(''),
  }),
} as const

export type MlflowMetric = z.infer<typeof Metric>
export type MlflowPair = z.infer<typeof Tag>
export type MlflowDatasetInput = z.infer<(typeof mlflowRequests)['logInputs']>['datasets'][number]
export type MlflowSearch = z.infer<(typeof mlflowRequests)['searchRuns']>
export type MlflowViewType = z.infer<typeof ViewType>
