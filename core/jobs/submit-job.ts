import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { Job, SubmitJob } from '../../schemas/job.ts'
import type { Recipe } from '../../schemas/recipe.ts'
import { getDatasetVersion } from '../datasets/dataset-store.ts'
import { deterministicId, digestJson } from '../platform/digest.ts'
import { type Breach, Fault, invalid, isFault } from '../platform/fault.ts'
import { putOnce } from '../platform/guarded-write.ts'
import { type Caller, claimKey } from '../platform/idempotency.ts'
import type { Platform } from '../platform/ports.ts'
import { getRecipe } from '../recipes/recipe-store.ts'
import { findBaseModel } from '../registry/base-models.ts'
import { jobEvent } from './change-job.ts'
import { jobDraft, toJob } from './job-store.ts'

type Needs = Pick<Platform, 'table' | 'clock' | 'ids'>

/**
 * Accepts a job: pins recipe, datasets and base model by digest, and writes the one record whose event starts the state machine.
 * The same key and request give the same job. Fault `invalid` names everything that does not exist.
 */
export async function submitJob(
  platform: Needs,
  request: SubmitJob,
  caller: Caller,
  clonedFrom?: string,
): Promise<Job> {
  const pinned = await pin(platform, request)
  const asked = { ...request, clonedFrom: clonedFrom ?? null }
  await claimKey(platform, caller, asked, {})
  // The request is in the id, because claims expire: a key used again years later must not meet the old job.
  const id =
    caller.idempotencyKey === undefined
      ? platform.ids.next()
      : deterministicId([caller.principal, caller.idempotencyKey, digestJson(asked)].join('\n'))
  const now = platform.clock.now().toISOString()
  const job: Job = {
    id: `job-${id}`,
    status: 'submitted',
    run: 1,
    profile: pinned.recipe.spec.profile,
    recipe: { name: pinned.recipe.name, version: pinned.recipe.version, digest: pinned.recipe.digest },
    base_model: pinned.baseModel,
    datasets: { stages: pinned.stages.map(reference), evaluation: reference(pinned.evaluation) },
    stages: pinned.recipe.spec.stages.map((stage, index) => ({
      index,
      algorithm: stage.algorithm,
      status: 'pending',
      planned_steps: stage.steps,
      attempts: [],
    })),
    labels: request.labels,
    ...(clonedFrom && { cloned_from: clonedFrom }),
    created_at: now,
    updated_at: now,
  }
  const { item } = await putOnce(platform.table, jobDraft(job), jobEvent(job, 1, undefined, now))
  return toJob(item)
}

const reference = ({ name, digest, rows }: DatasetVersion) => ({ name, digest, rows })

async function pin({ table }: Needs, request: SubmitJob) {
  const errors: Breach[] = []
  const recipe = await found(errors, '/recipe', getRecipe(table, request.recipe))
  if (!recipe) throw new Fault('invalid', `job: ${errors[0]?.message}`, { errors })
  const { spec } = recipe
  errors.push(...unusedBindings(recipe, request))

  // Every stage that asks for the newest version gets the same one.
  const lookups = new Map<string, Promise<DatasetVersion>>()
  const version = (asked: string, at: string) => {
    const bound = Object.hasOwn(request.datasets, asked) ? request.datasets[asked] : undefined
    const wanted = bound ?? asked
    const lookup = lookups.get(wanted) ?? getDatasetVersion(table, wanted)
    lookups.set(wanted, lookup)
    return found(errors, bound ? `/datasets/${asked}` : at, lookup)
  }
  const stages: (DatasetVersion | undefined)[] = []
  for (const [i, stage] of spec.stages.entries())
    stages.push(await version(stage.dataset, `/recipe/stages/${i}/dataset`))
  const evaluation = await version(spec.evaluation.dataset, '/recipe/evaluation/dataset')
  const baseModel = await findBaseModel(table, spec.base_model)
  if (!baseModel) {
    const message = `base model "${spec.base_model}" is not registered`
    errors.push({
      pointer: '/recipe/base_model',
      code: 'not_found',
      message,
      remedy: 'Name one of GET /v1/base-models.',
    })
  }
  if (errors.length > 0 || !evaluation || !baseModel) {
    throw invalid('job', errors)
  }
  return {
    recipe,
    stages: stages as DatasetVersion[],
    evaluation,
    baseModel: { id: baseModel.id, digest: baseModel.digest },
  }
}

async function found<T>(errors: Breach[], pointer: string, lookup: Promise<T>): Promise<T | undefined> {
  try {
    return await lookup
  } catch (error) {
    if (!isFault(error, 'not_found')) throw error
    const [message = '', remedy = ''] = error.message.split('; ')
    if (!errors.some((breach) => breach.pointer === pointer))
      errors.push({ pointer, code: 'not_found', message, remedy })
    return undefined
  }
}

/** A binding chooses the version where the recipe leaves it open; what the recipe pins by digest stays. */
function unusedBindings({ name, spec }: Recipe, request: SubmitJob): Breach[] {
  const asked = [...spec.stages.map((stage) => stage.dataset), spec.evaluation.dataset]
  const open = new Set(asked.filter((reference) => !reference.includes('@')))
  return Object.keys(request.datasets)
    .filter((bound) => !open.has(bound))
    .map((bound) => ({
      pointer: `/datasets/${bound}`,
      code: 'unused',
      message: asked.some((reference) => reference.startsWith(`${bound}@`))
        ? `recipe "${name}" pins the version of dataset "${bound}"`
        : `recipe "${name}" does not use a dataset named "${bound}"`,
      remedy: open.size === 0 ? 'Leave `datasets` out.' : `Bind one of: ${[...open].join(', ')}.`,
    }))
}
