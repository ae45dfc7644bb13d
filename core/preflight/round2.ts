import type { Check, PreflightReport } from '../../schemas/preflight.ts'
import type { Platform } from '../platform/ports.ts'
import { findBaseModel } from '../registry/base-models.ts'
import { judge } from './check.ts'
import { checkConfig } from './check-config.ts'
import { findReport, saveReport } from './report.ts'
import type { PreflightSubject } from './subject.ts'

const minFreeGb = { smoke: 1, prod: 50 }

/** Round 2: the configuration and the environment, after round 1. Every check runs even when one fails. */
export async function runRound2(
  platform: Pick<Platform, 'blobs' | 'clock' | 'compute' | 'table'>,
  subject: PreflightSubject,
): Promise<PreflightReport> {
  const checks = [
    await checkRound1(platform, subject),
    ...checkConfig(subject.recipe),
    await checkBaseModel(platform, subject),
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

async function checkBaseModel(platform: Pick<Platform, 'table'>, subject: PreflightSubject): Promise<Check> {
  const model = await findBaseModel(platform.table, subject.baseModel.id)
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
  const bytes = await platform.compute.freeDiskBytes(subject.recipe.resources.definition)
  const free = bytes / 1e9
  return judge(free > needed, {
    name: 'free_disk',
    subject: subject.recipe.resources.definition,
    value: Number(free.toFixed(1)),
    threshold: `> ${needed} GB`,
    message:
      free > needed ? `DISK_OK ${free.toFixed(1)} GB` : `${free.toFixed(1)} GB are free where the trainer writes`,
    remedy: 'Free space, give the compute environment a larger disk, or lower preflight.min_free_gb.',
  })
}
