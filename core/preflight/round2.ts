import type { Check, PreflightReport } from '../../schemas/preflight.ts'
import type { BaseModel } from '../../schemas/registry.ts'
import { isFault } from '../platform/fault.ts'
import type { ComputeDefinition, Platform } from '../platform/ports.ts'
import { findBaseModel } from '../registry/base-models.ts'
import { findArchitecture } from './architecture.ts'
import { judge } from './check.ts'
import { checkBaseFiles } from './check-base-files.ts'
import { checkBudget } from './check-budget.ts'
import { checkConfig } from './check-config.ts'
import { checkContext } from './check-context.ts'
import { checkCheckpoints, checkDisk } from './check-disk.ts'
import { checkEnvironment } from './check-environment.ts'
import { checkGpuMemory } from './check-gpu-memory.ts'
import { checkImage } from './check-image.ts'
import { findReport, saveReport } from './report.ts'
import { runScorerChecks } from './scorer/run-scorer-checks.ts'
import { runShadowChecks } from './shadow/run-shadow-checks.ts'
import type { PreflightSubject } from './subject.ts'

type Needs = Pick<Platform, 'blobs' | 'clock' | 'compute' | 'table' | 'ids' | 'endpoints' | 'secrets'>

/** Round 2: the configuration and the environment, after round 1. Every check runs even when one fails. */
export async function runRound2(platform: Needs, subject: PreflightSubject): Promise<PreflightReport> {
  const { recipe } = subject
  const model = await findBaseModel(platform.table, subject.baseModel.id)
  const definition = await describeDefinition(platform, recipe.resources.definition)
  const environment = definition && (await checkEnvironment(platform.blobs, recipe, definition))
  // The shadow run first: the probe's gate counts its calls too.
  const shadow = await runShadowChecks(platform, subject, 'round2')
  const scorer = await runScorerChecks(platform, subject, 'round2')
  const checks = [
    await checkRound1(platform, subject),
    ...checkConfig(recipe),
    checkBaseModel(model, subject),
    ...(model ? checkContext(recipe, model.context_length) : []),
    ...(model ? await checkBaseFiles(platform.blobs, model) : []),
    checkDisk(recipe, definition),
    ...(definition ? await checkMachine(platform, subject, model, definition) : []),
    ...(environment?.checks ?? []),
    ...shadow.checks,
    ...scorer.checks,
  ]
  const files = {
    recipe: subject.recipeDigest,
    base_model: subject.baseModel.digest,
    ...(definition?.image && { image: definition.image }),
    ...environment?.files,
    ...shadow.files,
    ...scorer.files,
  }
  return saveReport(platform, subject, { round: 'round2', checks, files })
}

async function checkMachine(
  platform: Pick<Platform, 'blobs'>,
  { recipe }: PreflightSubject,
  model: BaseModel | undefined,
  definition: ComputeDefinition,
): Promise<Check[]> {
  const architecture = model && (await findArchitecture(platform.blobs, model))
  return [
    ...checkCheckpoints(recipe, architecture, definition),
    ...checkGpuMemory(recipe, architecture, definition),
    checkImage(recipe, definition),
    ...checkBudget(recipe, definition),
  ]
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

/** undefined: there is no such definition. */
async function describeDefinition(
  { compute }: Pick<Platform, 'compute'>,
  definition: string,
): Promise<ComputeDefinition | undefined> {
  try {
    return await compute.describeDefinition(definition)
  } catch (error) {
    if (isFault(error, 'not_found') || isFault(error, 'invalid')) return undefined
    throw error
  }
}
