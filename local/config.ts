import { join, resolve } from 'node:path'
import * as z from 'zod'
import { parse } from '../core/platform/parse.ts'

const Environment = z.object({
  SLUICE_DATA_DIR: z.string().min(1).default('.sluice'),
  SLUICE_PORT: z.coerce.number().int().min(0).max(65_535).default(7433).describe('0: any free port'),
  SLUICE_MAX_EXECUTIONS: z.coerce.number().int().min(1).max(1000).default(16),
  SLUICE_MAX_TRAINERS: z.coerce.number().int().min(1).max(64).default(2),
  SLUICE_GRACE_SECONDS: z.coerce
    .number()
    .min(0)
    .max(600)
    .default(20)
    .describe('between SIGTERM and SIGKILL of a trainer'),
})

export interface LocalConfig {
  directory: string
  port: number
  maxExecutions: number
  maxTrainers: number
  graceSeconds: number
}

/** The server's settings from the environment; Fault `invalid` names every bad variable. */
export function readConfig(environment: Record<string, string | undefined> = process.env): LocalConfig {
  const read = parse(Environment, environment, 'environment')
  return {
    directory: resolve(read.SLUICE_DATA_DIR),
    port: read.SLUICE_PORT,
    maxExecutions: read.SLUICE_MAX_EXECUTIONS,
    maxTrainers: read.SLUICE_MAX_TRAINERS,
    graceSeconds: read.SLUICE_GRACE_SECONDS,
  }
}

const TrainersEnvironment = z.object({ SLUICE_TRAINERS: z.string().min(1).optional() })

export interface TrainersFile {
  path: string
  /** It was named, so it has to be there. */
  named: boolean
}

/** Where trainers of one's own are described: SLUICE_TRAINERS, else `trainers.json` in the data directory. */
export function trainersFile(
  directory: string,
  environment: Record<string, string | undefined> = process.env,
): TrainersFile {
  const named = parse(TrainersEnvironment, environment, 'environment').SLUICE_TRAINERS
  return named === undefined
    ? { path: join(directory, 'trainers.json'), named: false }
    : { path: resolve(named), named: true }
}

const BuilderEnvironment = z.object({ SLUICE_BUILD_URI: z.string().startsWith('file://') })

/** What a data builder is told; Fault `invalid` names a missing variable. */
export function readBuilderConfig(environment: Record<string, string | undefined> = process.env): { buildUri: string } {
  return { buildUri: parse(BuilderEnvironment, environment, 'environment').SLUICE_BUILD_URI }
}
