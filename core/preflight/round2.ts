import type { Check, PreflightReport } from '../../schemas/preflight.ts'
import type { BaseModel } from '../../schemas/registry.ts'
import { isFault } from '../platform/fault.ts'
import type { Platform } from '../platform/ports.ts'
import { findBaseModel } from '../registry/base-models.ts'
import { judge } from './check.ts'
import { checkBaseFiles } from './check-base-files.ts'
import { checkConfig } from './check-config.ts'
import { checkContext } from './check-context.ts'
import { findReport, saveReport } from './report.ts'
import type { PreflightSubject } from './subject.ts'

const minFreeGb = { smoke: 1, prod: 50 }

/** Round 2: the configuration and the environment, after round 1. Every check runs even when one fails. */
export async function runRound2(
  platform: Pick<Platform, 'blobs' | 'clock' | 'compute' | 'table'>,
  subject: PreflightSubject,
): Promise<PreflightReport> {
  const model = await findBaseModel(platform.table, subject.baseModel.id)
  const checks = [
    await checkRound1(platform, subject),
    ...checkConfig(subject.recipe),
    checkBaseModel(model, subject),
    ...(model ? checkContext(subject.recipe, model.context_length) : []),
    ...(model ? await checkBaseFiles(platform.blobs, model) : []),
    await checkDisk(platform, subject),
  ]
  const files = { recipe: subject.recipeDigest, base_model: subject.baseModel.digest }
  return saveReport(platform, subject, { round: 'round2', checks, files })
}

async function checkRound1(platform: Pick<Platform, 'blobs'>, subject: PreflightSubject): Promise<Check> {
  const report = await findReport(platform, subject, 'round1')
  return judge(report?.pass === true, {
    name: 'round1_passed',
    subject: 'round1',
    value: report?.pass ?? null,
    threshold: 'true',
    message: report ? `round 1 ${report.pass ? 'passed' : 'failed'} at ${report.ts}` : 'round 1 has not run',
    remedy: 'Mend what round 1 reports, then submit the job again.',
  })
}

function checkBaseModel(model: BaseModel | undefined, subject: PreflightSubject): Check {
  return judge(model?.digest === subject.baseModel.digest, {
    name: 'base_model',
    subject: subject.baseModel.id,
    value: model?.digest ?? 'absent',
    threshold: subject.baseModel.digest,
    message: model
      ? 'the base model is the one the job was submitted with'
      : 'the base model is not registered any more',
    remedy: 'Register the base model again, or submit a new job on the present one.',
  })
}

async function checkDisk(platform: Pick<Platform, 'compute'>, subject: PreflightSubject): Promise<Check> {
  const needed = subject.recipe.preflight.min_free_gb ?? minFreeGb[subject.profile]
  const { definition } = subject.recipe.resources
  const bytes = await freeBytes(platform, definition)
  const free = bytes === null ? Number.NaN : bytes / 1e9
  return judge(free > needed, {
    name: 'free_disk',
    subject: definition,
    value: bytes === null ? null : Number(free.toFixed(1)),
    threshold: `> ${needed} GB`,
    message: message(definition, bytes === null ? undefined : free, needed),
    remedy:
      bytes === null
        ? 'Name a compute definition that exists in resources.definition.'
        : 'Free space, give the compute environment a larger disk, or lower preflight.min_free_gb.',
  })
}

function message(definition: string, free: number | undefined, needed: number): string {
  if (free === undefined) return `there is no compute definition "${definition}"`
  return free > needed ? `DISK_OK ${free.toFixed(1)} GB` : `${free.toFixed(1)} GB are free where the trainer writes`
}

/** null: the definition does not exist. */
async function freeBytes(platform: Pick<Platform, 'compute'>, definition: string): Promise<number | null> {
  try {
    return await platform.compute.freeDiskBytes(definition)
  } catch (error) {
    if (isFault(error, 'not_found') || isFault(error, 'invalid')) return null
    throw error
  }
}
