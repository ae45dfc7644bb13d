import type { Job } from '../../schemas/job.ts'
import type { Recipe } from '../../schemas/recipe.ts'
import { getDatasetVersion, referenceOf } from '../datasets/dataset-store.ts'
import type { Table } from '../platform/ports.ts'
import type { PreflightSubject } from '../preflight/subject.ts'
import { getRecipe } from '../recipes/recipe-store.ts'

/** Everything the job pinned when it was submitted, loaded by its ids. */
export async function loadPinned(table: Table, job: Job): Promise<PreflightSubject> {
  const version = (pinned: { name: string; digest: string }) => getDatasetVersion(table, referenceOf(pinned))
  const [recipe, evaluationDataset, ...stageDatasets] = await Promise.all([
    recipeOf(table, job),
    version(job.datasets.evaluation),
    ...job.datasets.stages.map(version),
  ])
  return {
    job: job.id,
    run: job.run,
    profile: job.profile,
    recipe: recipe.spec,
    recipeDigest: job.recipe.digest,
    baseModel: job.base_model,
    stageDatasets,
    evaluationDataset,
  }
}

/** The recipe version the job runs. */
export function recipeOf(table: Table, { recipe }: Job): Promise<Recipe> {
  return getRecipe(table, `${recipe.name}@${recipe.version}`)
}
