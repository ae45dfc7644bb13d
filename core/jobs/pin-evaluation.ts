import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { SubmitJob } from '../../schemas/job.ts'
import type { ModelVersion } from '../../schemas/registry.ts'
import { getDatasetVersion, referenceOf } from '../datasets/dataset-store.ts'
import { type Breach, invalid } from '../platform/fault.ts'
import type { Table } from '../platform/ports.ts'
import { getRecipe } from '../recipes/recipe-store.ts'
import { findModelReference } from '../registry/model-store.ts'
import { found, type Pinned, unusedBindings } from './pin-recipe.ts'

/**
 * Everything that evaluating a registered model version needs: its own recipe, base model and training data, and a version of the
 * evaluation set, the newest unless the recipe or a binding pins one. Fault `invalid` names everything that does not exist.
 */
export async function pinEvaluation(
  table: Table,
  request: SubmitJob & { evaluate: string },
): Promise<Pinned & { model: ModelVersion }> {
  const errors: Breach[] = []
  const model = await found(errors, '/evaluate', findModelReference(table, request.evaluate))
  if (!model) throw invalid('job', errors)
  const recipe = await found(errors, '/evaluate', getRecipe(table, `${model.recipe.name}@${model.recipe.version}`))
  if (!recipe) throw invalid('job', errors)
  const asked = recipe.spec.evaluation.dataset
  errors.push(...unusedBindings(recipe, [asked], request))
  const bound = Object.hasOwn(request.datasets, asked) ? request.datasets[asked] : undefined
  const evaluation = await found(
    errors,
    bound ? `/datasets/${asked}` : '/evaluate/evaluation/dataset',
    getDatasetVersion(table, bound ?? asked),
  )
  const stages: (DatasetVersion | undefined)[] = []
  for (const trained of model.datasets)
    stages.push(await found(errors, '/evaluate/datasets', getDatasetVersion(table, referenceOf(trained))))
  if (errors.length > 0 || !evaluation) throw invalid('job', errors)
  return { model, recipe, stages: stages as DatasetVersion[], evaluation, baseModel: model.base_model }
}
