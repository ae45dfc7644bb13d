import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { Subject, Suite } from '../../schemas/evaluation.ts'
import type { RecipeSpec } from '../../schemas/recipe.ts'
import { deterministicId, digestJson } from '../platform/digest.ts'

/**
 * Pins a recipe's evaluation: the digest covers everything that may move a score, the compute definition that answers included.
 * Decoding is greedy, so the seed does not.
 */
export function pinSuite(
  { evaluation, resources }: Pick<RecipeSpec, 'evaluation' | 'resources'>,
  version: Pick<DatasetVersion, 'name' | 'digest' | 'rows'>,
): Suite {
  const { scorer, max_new_tokens } = evaluation
  const digest = digestJson({
    dataset: version.digest,
    scorer,
    max_new_tokens,
    temperature: 0,
    definition: resources.definition,
  })
  return {
    name: evaluation.suite,
    digest,
    dataset: { name: version.name, digest: version.digest, rows: version.rows },
    scorer,
    max_new_tokens,
  }
}

/** The same subject on the same suite is the same evaluation: it runs once, whoever asks. */
export function evaluationId(suite: Suite, subject: Subject): string {
  const { base_model, adapter } = subject
  return `ev-${deterministicId(`${suite.digest}/${base_model.digest}/${adapter?.manifest_digest ?? '-'}`)}`
}
