import { sha256 } from '../../../core/platform/digest.ts'
import type { PreflightSubject } from '../../../core/preflight/subject.ts'
import { registerBaseModel } from '../../../core/registry/base-models.ts'
import type { Check } from '../../../schemas/preflight.ts'
import { type RecipeInput, RecipeSpec } from '../../../schemas/recipe.ts'
import { jsonl, prompts, sampleRecipe, sft, suite } from '../../support/sample-project.ts'
import { addDataset, baseModel } from './project.ts'
import type { TestPlatform } from './test-platform.ts'

export const jobId = 'job-00000000000000000001'

export interface SubjectOptions {
  recipe?: Partial<RecipeInput>
  sft?: object[]
  prompts?: object[]
  suite?: object[]
  taint?: { prompts?: string[]; suite?: string[] }
}

/** The sample project as preflight sees it, its datasets stored. */
export async function prepareSubject(platform: TestPlatform, options: SubjectOptions = {}): Promise<PreflightSubject> {
  const recipe = RecipeSpec.parse(sampleRecipe(options.recipe))
  await registerBaseModel(platform, baseModel)
  return {
    job: jobId,
    run: 1,
    profile: recipe.profile,
    recipe,
    recipeDigest: sha256('the recipe'),
    baseModel: { id: baseModel.id, digest: baseModel.digest },
    stageDatasets: [
      await addDataset(platform, 'sample-sft', jsonl(options.sft ?? sft)),
      await addDataset(platform, 'sample-prompts', jsonl(options.prompts ?? prompts), options.taint?.prompts),
    ],
    evaluationDataset: await addDataset(platform, 'sample-suite', jsonl(options.suite ?? suite), options.taint?.suite),
  }
}

/** `name subject: status` of every check that is not a pass. */
export function notPassed(checks: readonly Check[]): string[] {
  return checks
    .filter(({ status }) => status !== 'pass')
    .map(({ name, subject, status }) => `${name} ${subject.split('@')[0]}: ${status}`)
}
