import { registerDataset } from '../../../core/datasets/register-dataset.ts'
import { uploadKey } from '../../../core/datasets/uploads.ts'
import { submitJob } from '../../../core/jobs/submit-job.ts'
import { sha256 } from '../../../core/platform/digest.ts'
import type { Platform } from '../../../core/platform/ports.ts'
import { publishRecipe } from '../../../core/recipes/publish-recipe.ts'
import { registerBaseModel } from '../../../core/registry/base-models.ts'
import type { DatasetVersion } from '../../../schemas/dataset.ts'
import type { Job } from '../../../schemas/job.ts'
import { type RecipeInput, RecipeSpec } from '../../../schemas/recipe.ts'
import { jsonl, prompts, sampleRecipe, sft, suite } from '../../support/sample-project.ts'

export const anybody = { principal: 'tester' }

/** Puts the content where an upload would be and registers it. */
export async function addDataset(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock' | 'ids'>,
  name: string,
  content: string | Uint8Array,
  taint: string[] = [],
): Promise<DatasetVersion> {
  const upload = `upl-${platform.ids.next()}`
  await platform.blobs.put(uploadKey(upload), content, 'absent')
  return registerDataset(platform, name, { upload, taint }, anybody)
}

export const baseModel = {
  id: 'tiny-llama',
  uri: 'file:///models/tiny-llama/',
  digest: sha256('the base model'),
  label: 'tiny',
  context_length: 256,
}

/** The sample project's base model, datasets and recipe. */
export async function prepareProject(platform: Platform, change: Partial<RecipeInput> = {}): Promise<void> {
  await registerBaseModel(platform, baseModel)
  await addDataset(platform, 'sample-sft', jsonl(sft))
  await addDataset(platform, 'sample-prompts', jsonl(prompts))
  await addDataset(platform, 'sample-suite', jsonl(suite))
  await publishRecipe(platform, RecipeSpec.parse(sampleRecipe(change)), anybody)
}

export async function submitSample(platform: Platform): Promise<Job> {
  return submitJob(platform, { recipe: 'sample', datasets: {}, labels: {} }, anybody)
}
