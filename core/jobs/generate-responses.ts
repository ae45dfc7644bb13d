import type { Evaluation } from '../../schemas/evaluation.ts'
import type { GenerateSpec } from '../../schemas/trainer-contract.ts'
import { dataKey } from '../datasets/dataset-store.ts'
import { changeEvaluation, evaluationFolder, getEvaluation } from '../evaluation/evaluation-store.ts'
import { scoreEvaluation } from '../evaluation/score-evaluation.ts'
import { Fault } from '../platform/fault.ts'
import type { Platform } from '../platform/ports.ts'
import { requireTicket } from '../preflight/ticket.ts'
import { findBaseModel } from '../registry/base-models.ts'
import { folderUri } from './artifacts.ts'
import { requireLive } from './change-job.ts'
import { decideRetry, type Exit } from './exit-rules.ts'
import { getJob } from './job-store.ts'
import { loadPinned } from './pinned.ts'
import { type TrainerLaunch, trainerLaunch } from './trainer-launch.ts'

const maxAttempts = 5

interface Request {
  job: string
  run: number
  evaluation: string
}

export type PreparedGeneration = { skip: true } | { skip: false; launch: TrainerLaunch }

/** Readies the compute job that answers a suite; an evaluation that is scored already is skipped, whoever ran it. */
export async function prepareGeneration(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock' | 'signer'>,
  request: Request,
): Promise<PreparedGeneration> {
  const job = requireLive(await getJob(platform.table, request.job), request.run)
  const evaluation = await getEvaluation(platform.table, request.evaluation)
  if (evaluation.status === 'scored') return { skip: true }
  const pinned = await loadPinned(platform.table, job)
  const baseModel = await findBaseModel(platform.table, job.base_model.id)
  if (!baseModel) throw new Fault('not_found', `base model "${job.base_model.id}" is not registered any more`)
  const { blobs } = platform
  const { adapter } = evaluation.subject
  const { suite } = evaluation
  const spec: GenerateSpec = {
    contract: 'sluice.trainer/1',
    mode: 'generate',
    job: job.id,
    profile: job.profile,
    recipe_digest: job.recipe.digest,
    base_model: { ...job.base_model, uri: baseModel.uri },
    ...(adapter && {
      adapter: { uri: folderUri(blobs, adapter.final_key), manifest_uri: blobs.uri(adapter.manifest_key) },
    }),
    seed: pinned.recipe.seed,
    output_uri: folderUri(blobs, evaluationFolder(evaluation.id)),
    ticket: await requireTicket(platform, pinned),
    evaluation: evaluation.id,
    dataset: { ...suite.dataset, uri: blobs.uri(dataKey(suite.dataset)) },
    max_new_tokens: suite.max_new_tokens,
    temperature: 0,
  }
  const specKey = `jobs/${job.id}/evaluations/${evaluation.id}/spec-${evaluation.attempts + 1}.json`
  await blobs.put(specKey, JSON.stringify(spec, null, 2), 'any')
  return {
    skip: false,
    launch: await trainerLaunch(platform, pinned.recipe, `${evaluation.id}-a${evaluation.attempts + 1}`, specKey),
  }
}

/** Scores a finished generation, or decides whether a failed one is tried again. */
export async function concludeGeneration(
  platform: Pick<Platform, 'table' | 'blobs'>,
  request: Request & { name: string; exit: Exit },
): Promise<{ decision: 'done' | 'retry' } | { decision: 'fail'; reason: string }> {
  requireLive(await getJob(platform.table, request.job), request.run)
  if (request.exit.code === 0) {
    await scoreEvaluation(platform, request.evaluation)
    return { decision: 'done' }
  }
  const number = Number(/-a(\d+)$/.exec(request.name)?.[1] ?? 1)
  const evaluation = await closeAttempt(platform, request.evaluation, number)
  const { retry, meaning } = decideRetry({
    exit: request.exit,
    attempts: number,
    maxAttempts,
    progressed: false,
    repeated: evaluation.attempts > 1,
  })
  return retry ? { decision: 'retry' } : { decision: 'fail', reason: `evaluation ${request.evaluation}: ${meaning}` }
}

/** Another job may have asked for the same evaluation: only the first to see an attempt end moves on to the next. */
async function closeAttempt(platform: Pick<Platform, 'table'>, id: string, ended: number): Promise<Evaluation> {
  return changeEvaluation(platform.table, id, (evaluation) =>
    evaluation.attempts >= ended ? undefined : { ...evaluation, attempts: ended },
  )
}
