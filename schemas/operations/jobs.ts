import * as z from 'zod'
import { Job, JobEvent, JobView, SubmitJob } from '../job.ts'
import { PreflightReport } from '../preflight.ts'
import { JobId } from '../primitives.ts'
import { type Operation, Paging, page } from './operation.ts'

const jobParams = z.strictObject({ job: JobId })
const step = z.coerce.number().int().min(0).optional()

export const jobOperations = {
  submitJob: {
    method: 'post',
    path: '/v1/jobs',
    summary: 'Submit a job',
    scope: 'submit',
    body: SubmitJob,
    status: 202,
    response: Job,
  },
  listJobs: {
    method: 'get',
    path: '/v1/jobs',
    summary: 'List jobs, newest first',
    scope: 'read',
    query: Paging,
    status: 200,
    response: page(Job),
  },
  getJob: {
    method: 'get',
    path: '/v1/jobs/{job}',
    summary: 'A job with the progress of its stages',
    scope: 'read',
    params: jobParams,
    status: 200,
    response: JobView,
  },
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
  listJobEvents: {
    method: 'get',
    path: '/v1/jobs/{job}/events',
    summary: "A job's history, oldest first",
    scope: 'read',
    params: jobParams,
    query: Paging,
    status: 200,
    response: page(JobEvent),
  },
  getPreflight: {
    method: 'get',
    path: '/v1/jobs/{job}/preflight',
    summary: 'The preflight reports; null while a round has not run',
    scope: 'read',
    params: jobParams,
    status: 200,
    response: z.strictObject({ round1: PreflightReport.nullable(), round2: PreflightReport.nullable() }),
  },
  getLogs: {
    method: 'get',
    path: '/v1/jobs/{job}/logs',
    summary: "The last lines of a trainer's output; the newest attempt unless told",
    scope: 'read',
    params: jobParams,
    query: z.strictObject({
      stage: step,
      attempt: z.coerce.number().int().min(1).optional(),
      lines: z.coerce.number().int().min(1).max(5000).default(200),
    }),
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
} as const satisfies Record<string, Operation>
