import * as z from 'zod'
import { JobId, Timestamp } from './primitives.ts'

export const CheckStatus = z.enum(['pass', 'warn', 'fail'])

/** One check: what was measured, against which limit, and what to do about it. */
export const Check = z.strictObject({
  name: z.string(),
  subject: z.string().describe('what was checked, for example a dataset version'),
  status: CheckStatus,
  value: z.union([z.number(), z.string(), z.boolean()]).nullable().describe('null: could not be measured, which fails'),
  threshold: z.string(),
  message: z.string(),
  remedy: z.string().optional(),
  evidence: z.array(z.string()).max(20).default([]),
})

/** Round 1: the data. Round 2: the configuration and the environment. */
export const PreflightReport = z.strictObject({
  round: z.enum(['round1', 'round2']),
  job: JobId,
  ts: Timestamp,
  pass: z.boolean(),
  checks: z.array(Check),
  files: z.record(z.string(), z.string()).describe('key or reference -> sha256 of what was checked'),
})

export type Check = z.infer<typeof Check>
export type PreflightReport = z.infer<typeof PreflightReport>
