import * as z from 'zod'

/**
 * The environment of a Lambda function, in one place: CDK sets these names and `adapters/aws/config.ts` reads them. A function has
 * only those that its grants need, so each is optional here; a driver that misses one says which.
 */
export const Environment = z.object({
  SLUICE_FUNCTION: z.string().describe('name in functions/manifest.ts'),
  SLUICE_STAGE: z.string(),
  SLUICE_CONTROL_TABLE: z.string().optional(),
  SLUICE_METRICS_TABLE: z.string().optional(),
  SLUICE_BUCKET: z.string().optional(),
  SLUICE_TIMEOUT_SECONDS: z.coerce.number().positive().optional().describe('of this function: no transfer outlasts it'),
  SLUICE_JOB_QUEUES: z.string().optional().describe('ARNs, comma-separated: spot, on-demand, data builds'),
  SLUICE_JOB_DEFINITION_PREFIX: z.string().optional().describe('a recipe names a definition without it'),
  SLUICE_JOB_LOG_GROUP: z.string().optional(),
  SLUICE_SCRATCH: z.string().optional().describe('directory of this process alone, emptied before its first use'),
  SLUICE_DISK_GIB: z.coerce.number().positive().optional().describe('of the volume where trainers write'),
  SLUICE_STATE_MACHINES: z.string().optional().describe('JSON object: machine name to the ARN to start (an alias)'),
  SLUICE_SIGNING_KEY: z.string().optional().describe('ARN of the Ed25519 key in KMS'),
  SLUICE_SCHEDULE_GROUP: z.string().optional(),
  SLUICE_SCHEDULE_TARGET: z.string().optional().describe('ARN of the function run-schedule'),
  SLUICE_SCHEDULE_ROLE: z.string().optional().describe('ARN: what EventBridge Scheduler assumes to invoke the target'),
  SLUICE_SCHEDULE_DLQ: z.string().optional().describe('ARN of the queue of ticks that could not be delivered'),
  SLUICE_JWT_ISSUER: z.string().optional(),
  SLUICE_JWT_AUDIENCE: z.string().optional(),
})

export type Environment = z.infer<typeof Environment>
export type EnvironmentName = keyof Environment

/** The environment of the data builder: its job definition sets the last two, each build the first. */
export const BuilderEnvironment = z.object({
  SLUICE_BUILD_URI: z.string().describe('s3://BUCKET/builds/ID/spec.json'),
  SLUICE_SCRATCH: z.string().describe('directory on the disk of the task'),
  SLUICE_THREADS: z.coerce.number().int().min(1).max(64),
})

export type BuilderEnvironmentName = Exclude<keyof z.infer<typeof BuilderEnvironment>, 'SLUICE_BUILD_URI'>
