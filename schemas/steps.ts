import * as z from 'zod'
import { BuildId } from './build.ts'
import { JobId } from './primitives.ts'

/** One run of a job: what the state machine hands to every step. Ids only: a step loads what it needs. */
const run = { job: JobId, run: z.int().min(1) }
const JobRun = z.strictObject(run)
const BuildRun = z.strictObject({ build: BuildId })

/** How a `.sync` task ended. `cause` is Batch's DescribeJobs detail as JSON text. */
const Outcome = z.union([
  z.strictObject({ succeeded: z.literal(true) }),
  z.strictObject({ error: z.string(), cause: z.string() }),
])

export const stepInputs = {
  'preflight-round1': JobRun,
  'preflight-round2': JobRun,
  'issue-ticket': JobRun,
  'prepare-attempt': z.strictObject({ ...run, stage: z.int().min(0) }),
  'conclude-attempt': z.strictObject({ ...run, stage: z.int().min(0), attempt: z.int().min(1), outcome: Outcome }),
  'plan-evaluation': JobRun,
  'prepare-generation': z.strictObject({ ...run, evaluation: z.string() }),
  'conclude-generation': z.strictObject({ ...run, evaluation: z.string(), name: z.string(), outcome: Outcome }),
  'decide-gate': JobRun,
  'register-model': JobRun,
  'refuse-job': z.strictObject({ ...run, by: z.enum(['preflight', 'gate']) }),
  'plan-build': BuildRun,
  'run-build': BuildRun,
  'conclude-build': BuildRun,
  'fail-build': BuildRun.extend({ error: z.string(), cause: z.string() }),
  'fail-job': z.strictObject({ ...run, error: z.string(), cause: z.string() }),
} as const

export type StepName = keyof typeof stepInputs

/** The part of Batch's JobDetail that says how a job ended. Batch omits `ExitCode` when the container never ran or its host went. */
export const JobDetail = z.looseObject({
  StatusReason: z.string().optional(),
  Container: z.looseObject({ ExitCode: z.int().optional(), Reason: z.string().optional() }).optional(),
})
export type JobRun = z.infer<typeof JobRun>
export type Outcome = z.infer<typeof Outcome>

/** What a compute job runs on: cheap hosts that may be taken back, or hosts at full price. */
export const Capacity = z.enum(['spot', 'on_demand'])

/** Ends that are the fault of the capacity, not of the attempt: its host was taken back, or there never was one. */
export const AttemptEnd = z.enum(['reclaimed', 'no_capacity'])
export type Capacity = z.infer<typeof Capacity>
export type AttemptEnd = z.infer<typeof AttemptEnd>
