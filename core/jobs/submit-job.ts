import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { Job, SubmitJob } from '../../schemas/job.ts'
import { deterministicId, digestJson } from '../platform/digest.ts'
import { Fault } from '../platform/fault.ts'
import { putOnce } from '../platform/guarded-write.ts'
import { type Caller, claimKey } from '../platform/idempotency.ts'
import type { Platform, Table } from '../platform/ports.ts'
import { jobEvent } from './change-job.ts'
import { jobDraft, toJob } from './job-store.ts'
import { pinEvaluation } from './pin-evaluation.ts'
import { type Pinned, pinRecipe } from './pin-recipe.ts'

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
  const pinned = await pin(platform.table, request)
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
    ...work(pinned, request),
    labels: request.labels,
    ...(clonedFrom && { cloned_from: clonedFrom }),
    created_at: now,
    updated_at: now,
  }
  const { item } = await putOnce(platform.table, jobDraft(job), jobEvent(job, 1, undefined, now))
  return toJob(item)
}

type PinnedJob = Pinned & Partial<Awaited<ReturnType<typeof pinEvaluation>>>

async function pin(table: Table, { recipe, evaluate, ...request }: SubmitJob): Promise<PinnedJob> {
  if (evaluate !== undefined) return pinEvaluation(table, { ...request, evaluate })
  if (recipe !== undefined) return pinRecipe(table, { ...request, recipe })
  throw new Fault('invalid', 'job: give `recipe` or `evaluate`')
}

const reference = ({ name, digest, rows }: DatasetVersion) => ({ name, digest, rows })

function work({ recipe, model }: PinnedJob, { preflight_only }: SubmitJob): Pick<Job, 'kind' | 'stages' | 'evaluates'> {
  if (model) {
    const { name, version, artifact } = model
    return { kind: 'evaluation', stages: [], evaluates: { name, version, artifact } }
  }
  if (preflight_only) return { kind: 'preflight', stages: [] }
  const stages = recipe.spec.stages.map((stage, index) => ({
    index,
    algorithm: stage.algorithm,
    status: 'pending' as const,
    planned_steps: stage.steps,
    attempts: [],
  }))
  return { kind: 'training', stages }
}
