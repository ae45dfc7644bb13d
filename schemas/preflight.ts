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
  files: z
    .record(z.string(), z.string())
    .describe('key or reference -> sha256 of what was checked; code_version and image as they are'),
})

/** `environments/{definition}/version.json`: what a compute definition has installed. Written by whoever builds its image. */
export const EnvironmentVersions = z.object({
  image: z.string().optional().describe('by digest'),
  versions: z.record(z.string(), z.string()).describe('package -> version, for example torch, trl, verl, python, cuda'),
})

export type Check = z.infer<typeof Check>
export type EnvironmentVersions = z.infer<typeof EnvironmentVersions>
export type PreflightReport = z.infer<typeof PreflightReport>
