import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { SubmitJob } from '../../schemas/job.ts'
import type { Recipe } from '../../schemas/recipe.ts'
import { getDatasetVersion } from '../datasets/dataset-store.ts'
import { type Breach, Fault, invalid, isFault } from '../platform/fault.ts'
import type { Table } from '../platform/ports.ts'
import { getRecipe } from '../recipes/recipe-store.ts'
import { findBaseModel } from '../registry/base-models.ts'

export interface Pinned {
  recipe: Recipe
  /** One per stage of the recipe, in order. */
  stages: DatasetVersion[]
  evaluation: DatasetVersion
  baseModel: { id: string; digest: string }
}

/** Everything that running a recipe needs. Fault `invalid` names everything that does not exist. */
export async function pinRecipe(table: Table, request: SubmitJob & { recipe: string }): Promise<Pinned> {
  const errors: Breach[] = []
  const recipe = await found(errors, '/recipe', getRecipe(table, request.recipe))
  if (!recipe) throw new Fault('invalid', `job: ${errors[0]?.message}`, { errors })
  const { spec } = recipe
  errors.push(
    ...unusedBindings(recipe, [...spec.stages.map((stage) => stage.dataset), spec.evaluation.dataset], request),
  )

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

/** What a lookup finds; undefined, and a breach at `pointer`, when there is no such thing. */
export async function found<T>(errors: Breach[], pointer: string, lookup: Promise<T>): Promise<T | undefined> {
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
export function unusedBindings({ name }: Recipe, asked: readonly string[], request: SubmitJob): Breach[] {
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
