import type { Attempt, Job, Stage } from '../../schemas/job.ts'
import type { JobRun } from '../../schemas/steps.ts'
import type { TrainSpec } from '../../schemas/trainer-contract.ts'
import { dataKey } from '../datasets/dataset-store.ts'
import { markOpen } from '../metrics/compact-marker.ts'
import { putSourceHead, type SourceHead } from '../metrics/source-head.ts'
import { Fault } from '../platform/fault.ts'
import type { JsonObject, Platform } from '../platform/ports.ts'
import type { PreflightSubject } from '../preflight/subject.ts'
import { requireCheckedImage, requireTicket } from '../preflight/ticket.ts'
import { findBaseModel } from '../registry/base-models.ts'
import { adapterOf, adapterUris, artifactBefore, attemptFolder, attemptName, folderUri } from './artifacts.ts'
import { capacityFor } from './capacity.ts'
import { changeLiveJob, getLiveJob } from './change-job.ts'
import { type Checkpoint, newestCheckpoint } from './checkpoints.ts'
import { loadPinned } from './pinned.ts'
import { healthOf } from './record-finding.ts'
import { type TrainerLaunch, trainerLaunch } from './trainer-launch.ts'

type Needs = Pick<Platform, 'table' | 'metrics' | 'blobs' | 'clock' | 'signer' | 'compute'>

export interface PreparedAttempt {
  attempt: number
  launch: TrainerLaunch
}

/**
 * Readies the next attempt of a stage: checks the ticket, finds the newest complete checkpoint, writes the trainer's spec, records
 * the attempt. A repeat gets the attempt that is already open; a stage that succeeded has none.
 */
export async function prepareAttempt(platform: Needs, request: JobRun & { stage: number }): Promise<PreparedAttempt> {
  const job = await getLiveJob(platform.table, request)
  const stage = stageOf(job, request.stage)
  if (stage.status === 'succeeded')
    throw new Fault('illegal_transition', `stage ${stage.index} of job ${job.id} is done: nothing is left to train`)

  const pinned = await loadPinned(platform.table, job)
  const open = stage.attempts.find((attempt) => attempt.status === 'prepared')
  const number = open?.number ?? stage.attempts.length + 1
  const checkpoint = open ? undefined : await newestCheckpoint(platform, job.id, stage)
  const capacity = open ? (open.capacity ?? 'spot') : capacityFor(pinned.recipe.resources.capacity, stage.attempts)
  const name = attemptName(job.id, stage.index, number)
  const folder = attemptFolder(job.id, stage, number)
  if (!open) {
    const spec = await buildSpec(platform, job, stage, pinned, number, checkpoint)
    const source = { job: job.id, stage: stage.index, attempt: number }
    await putSourceHead(platform.metrics, source, headOf(pinned.recipe, stage, checkpoint))
    await markOpen(platform.metrics, source)
    await platform.blobs.put(`${folder}spec.json`, JSON.stringify(spec, null, 2), 'any')
    const attempt: Attempt = {
      number,
      status: 'prepared',
      compute_job: name,
      capacity,
      resumed_from_step: checkpoint?.step ?? 0,
      exit_code: null,
      started_at: platform.clock.now().toISOString(),
    }
    await changeLiveJob(platform, request, (current) => recordAttempt(current, stage.index, attempt))
  }
  const launch = await trainerLaunch(platform, pinned.recipe, { name, specKey: `${folder}spec.json`, capacity })
  return { attempt: number, launch }
}

/** How to judge what the attempt will log. */
function headOf(
  { stages, guards, diagnostics }: PreflightSubject['recipe'],
  { index, algorithm, planned_steps }: Stage,
  checkpoint: Checkpoint | undefined,
): SourceHead {
  return {
    algorithm,
    planned_steps,
    resumed_from_step: checkpoint?.step ?? 0,
    hyperparameters: stages[index]?.hyperparameters as unknown as JsonObject,
    ...(diagnostics && { diagnostics }),
    ...(guards && { target_kl: guards.target_kl }),
  }
}

/** Fault `not_found` when the job has no such stage. */
export function stageOf(job: Job, index: number): Stage {
  const stage = job.stages[index]
  if (stage) return stage
  throw new Fault('not_found', `job ${job.id} has ${job.stages.length} stages, no stage ${index}`)
}

function recordAttempt(job: Job, index: number, attempt: Attempt) {
  // A repeat of this step was faster, and its attempt may even be over: what is recorded stays.
  if ((job.stages[index]?.attempts.length ?? 0) >= attempt.number) return undefined
  const stages = job.stages.map(
    (stage): Stage =>
      stage.index === index ? { ...stage, status: 'running', attempts: [...stage.attempts, attempt] } : stage,
  )
  const on = attempt.capacity === 'on_demand' ? ' on demand' : ''
  const from = attempt.resumed_from_step > 0 ? `, from the checkpoint of step ${attempt.resumed_from_step}` : ''
  return {
    event: 'attempt_prepared' as const,
    message: `stage ${index} (${job.stages[index]?.algorithm}) attempt ${attempt.number}${on}${from}`,
    // What an earlier attempt suffered from is over.
    patch: { stages, ...(job.findings && { health: healthOf(job.findings, stages) }) },
  }
}

async function buildSpec(
  platform: Needs,
  job: Job,
  stage: Stage,
  pinned: PreflightSubject,
  attempt: number,
  checkpoint: Checkpoint | undefined,
): Promise<TrainSpec> {
  const recipe = pinned.recipe.stages[stage.index]
  const data = pinned.stageDatasets[stage.index]
  const baseModel = await findBaseModel(platform.table, job.base_model.id)
  if (!recipe || !data || !baseModel)
    throw new Fault('corrupt', `job ${job.id} does not fit its recipe ${job.recipe.name} version ${job.recipe.version}`)
  const ticket = await requireTicket(platform, pinned)
  await requireCheckedImage(platform, ticket, pinned.recipe.resources.definition)
  const before = artifactBefore(job, stage.index)
  const { blobs } = platform
  const output_uri = folderUri(blobs, attemptFolder(job.id, stage, attempt))
  return {
    contract: 'sluice.trainer/1',
    mode: 'train',
    job: job.id,
    profile: job.profile,
    recipe_digest: job.recipe.digest,
    base_model: { ...job.base_model, uri: baseModel.uri },
    ...(before && { adapter: adapterUris(blobs, adapterOf(before)) }),
    seed: pinned.recipe.seed,
    output_uri,
    ticket,
    stage: stage.index,
    attempt,
    planned_steps: recipe.steps,
    save_steps: recipe.save_steps > 0 ? recipe.save_steps : recipe.steps,
    // S3 charges for each segment, files do not.
    flush_seconds: output_uri.startsWith('s3:') ? 60 : 2,
    dataset: { name: data.name, uri: blobs.uri(dataKey(data)), digest: data.digest, rows: data.rows },
    ...(checkpoint && { resume_from: { uri: folderUri(blobs, checkpoint.key), step: checkpoint.step } }),
    ...algorithmOf(recipe),
  }
}

function algorithmOf(recipe: PreflightSubject['recipe']['stages'][number]) {
  switch (recipe.algorithm) {
    case 'sft':
      return { algorithm: recipe.algorithm, hyperparameters: recipe.hyperparameters }
    case 'dpo':
      return { algorithm: recipe.algorithm, hyperparameters: recipe.hyperparameters }
    case 'grpo':
      return { algorithm: recipe.algorithm, hyperparameters: recipe.hyperparameters }
  }
}
