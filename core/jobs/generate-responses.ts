import type { Job } from '../../schemas/job.ts'
import type { Capacity, JobRun } from '../../schemas/steps.ts'
import type { GenerateSpec } from '../../schemas/trainer-contract.ts'
import { dataKey } from '../datasets/dataset-store.ts'
import { changeEvaluation, evaluationFolder, getEvaluation, manifestKey } from '../evaluation/evaluation-store.ts'
import { scoreEvaluation } from '../evaluation/score-evaluation.ts'
import { Fault, isFault } from '../platform/fault.ts'
import type { Blobs, Platform } from '../platform/ports.ts'
import { requireCheckedImage, requireTicket } from '../preflight/ticket.ts'
import { findBaseModel } from '../registry/base-models.ts'
import { adapterUris, folderUri, generationName, generationOf } from './artifacts.ts'
import { capacityFor } from './capacity.ts'
import { getLiveJob } from './change-job.ts'
import { decideRetry, type Exit, endedBy } from './exit-rules.ts'
import { loadPinned, recipeOf } from './pinned.ts'
import { type TrainerLaunch, trainerLaunch } from './trainer-launch.ts'

/** Of one evaluation for one run of a job: what other jobs used up does not count. */
const maxAttempts = 5

type Request = JobRun & { evaluation: string }

export type PreparedGeneration = { skip: true } | { skip: false; launch: TrainerLaunch }

/** Readies the compute job that answers a suite; an evaluation that is scored already is skipped, whoever ran it. */
export async function prepareGeneration(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock' | 'signer' | 'compute'>,
  request: Request,
): Promise<PreparedGeneration> {
  const job = await getLiveJob(platform.table, request)
  const evaluation = await getEvaluation(platform.table, request.evaluation)
  if (evaluation.status === 'scored') return { skip: true }
  const pinned = await loadPinned(platform.table, job)
  const baseModel = await findBaseModel(platform.table, job.base_model.id)
  if (!baseModel) throw new Fault('not_found', `base model "${job.base_model.id}" is not registered any more`)
  const { blobs } = platform
  const { adapter } = evaluation.subject
  const { suite } = evaluation
  const ticket = await requireTicket(platform, pinned)
  await requireCheckedImage(platform, ticket, pinned.recipe.resources.definition)
  const spec: GenerateSpec = {
    contract: 'sluice.trainer/1',
    mode: 'generate',
    job: job.id,
    profile: job.profile,
    recipe_digest: job.recipe.digest,
    base_model: { ...job.base_model, uri: baseModel.uri },
    ...(adapter && { adapter: adapterUris(blobs, adapter) }),
    seed: pinned.recipe.seed,
    output_uri: folderUri(blobs, evaluationFolder(evaluation.id)),
    ticket,
    evaluation: evaluation.id,
    dataset: { ...suite.dataset, uri: blobs.uri(dataKey(suite.dataset)) },
    max_new_tokens: suite.max_new_tokens,
    temperature: 0,
  }
  const attempt = evaluation.attempts + 1
  const specKey = `${requestFolder(request)}spec-${attempt}.json`
  await blobs.put(specKey, JSON.stringify(spec, null, 2), 'any')
  const name = generationName(evaluation.id, attempt)
  const capacity = capacityFor(pinned.recipe.resources.capacity, evaluation.ended ?? [])
  return { skip: false, launch: await trainerLaunch(platform, pinned.recipe, { name, specKey, capacity }) }
}

/** Scores a finished generation, or decides whether a failed one is tried again. */
export async function concludeGeneration(
  platform: Pick<Platform, 'table' | 'blobs'>,
  request: Request & { name: string; exit: Exit },
): Promise<{ decision: 'done' | 'retry' } | { decision: 'fail'; reason: string }> {
  const job = await getLiveJob(platform.table, request)
  if (request.exit.code === 0) {
    await score(platform, request)
    return { decision: 'done' }
  }
  const capacity = await capacityOf(platform.table, job, request)
  await giveUpAttempt(platform, request, { capacity, exit: request.exit })
  const attempts = await countAttempts(platform.blobs, request)
  const { retry, meaning } = decideRetry({
    exit: request.exit,
    attempts,
    maxAttempts,
    progressed: false,
    repeated: attempts > 1,
    capacity,
  })
  return retry ? { decision: 'retry' } : { decision: 'fail', reason: `evaluation ${request.evaluation}: ${meaning}` }
}

/** What the attempt ran on: decided, as when it was prepared, by the attempts that ended before it. */
async function capacityOf(
  table: Platform['table'],
  job: Job,
  { evaluation, name }: { evaluation: string; name: string },
): Promise<Capacity> {
  const [{ spec }, { ended = [] }] = await Promise.all([recipeOf(table, job), getEvaluation(table, evaluation)])
  return capacityFor(spec.resources.capacity, ended.slice(0, attemptIn(name) - 1))
}

const attemptIn = (name: string) => generationOf(name)?.attempt ?? 1

/** Where this run of the job keeps the specs of the attempts that it asked for or joined. */
function requestFolder({ job, run, evaluation }: Request): string {
  return `jobs/${job}/evaluations/${evaluation}/run-${run}/`
}

async function countAttempts(blobs: Pick<Blobs, 'list'>, request: Request): Promise<number> {
  return (await blobs.list({ prefix: requestFolder(request), limit: maxAttempts + 1 })).items.length
}

/** A result that cannot be scored fails this job; the next one that asks for it starts over. */
async function score(
  platform: Pick<Platform, 'table' | 'blobs'>,
  request: Request & { name: string; exit: Exit },
): Promise<void> {
  try {
    await scoreEvaluation(platform, request.evaluation)
  } catch (error) {
    if (isFault(error, 'corrupt')) {
      const job = await getLiveJob(platform.table, request)
      const capacity = await capacityOf(platform.table, job, request)
      await giveUpAttempt(platform, request, { capacity, exit: request.exit })
    }
    throw error
  }
}

/**
 * Another job may have asked for the same evaluation: only the first to see an attempt end moves on to the next. The manifest
 * goes first, because the next attempt writes into the same folder and must not take it for its own.
 */
async function giveUpAttempt(
  platform: Pick<Platform, 'table' | 'blobs'>,
  { evaluation: id, name }: { evaluation: string; name: string },
  { capacity, exit }: { capacity: Capacity; exit: Exit },
): Promise<void> {
  const ended = attemptIn(name)
  const ended_by = endedBy(exit)
  const end = { capacity, ...(ended_by && { ended_by }) }
  const { attempts, status } = await getEvaluation(platform.table, id)
  if (attempts >= ended || status === 'scored') return
  await platform.blobs.delete(manifestKey(id))
  await changeEvaluation(platform.table, id, (evaluation) =>
    evaluation.attempts >= ended
      ? undefined
      : { ...evaluation, attempts: ended, ended: [...(evaluation.ended ?? []), end] },
  )
}
