import { DatasetReference } from '../../schemas/dataset-reference.ts'
import { ProblemError } from '../problem-error.ts'

/** `NAME` (its newest version) or `NAME@DIGEST`, as the API's path has it. Throws ProblemError for anything else. */
export function datasetReference(text: string): { name: string; digest: string } {
  const parsed = DatasetReference.safeParse(text)
  if (!parsed.success) throw ProblemError.local('usage', `bad dataset "${text}": ${parsed.error.issues[0]?.message}`)
  const [name = '', digest = 'latest'] = text.split('@')
  return { name, digest }
}
