import type { DatasetVersion } from '../../schemas/dataset.ts'
import type { Profile } from '../../schemas/primitives.ts'
import type { RecipeSpec } from '../../schemas/recipe.ts'
import { referenceOf } from '../datasets/dataset-store.ts'

/** What preflight looks at: everything a job pinned when it was submitted. */
export interface PreflightSubject {
  job: string
  run: number
  profile: Profile
  recipe: RecipeSpec
  recipeDigest: string
  baseModel: { id: string; digest: string }
  /** One per stage, in order. */
  stageDatasets: DatasetVersion[]
  evaluationDataset: DatasetVersion
}

export type Round = 'round1' | 'round2'
/** Whose preflight: a resumed job is checked anew, because its data and its disk may have changed since. */
export type PreflightRun = Pick<PreflightSubject, 'job' | 'run'>

const resultKey = ({ job, run }: PreflightRun, what: string) =>
  `jobs/${job}/preflight/${what}${run === 1 ? '' : `-run${run}`}.json`

export const roundKey = (of: PreflightRun, round: Round) => resultKey(of, round)
export const scorerReceiptsKey = (of: PreflightRun, round: Round) => resultKey(of, `scorer_receipts_${round}`)
export const shadowKey = (of: PreflightRun, round: Round) => resultKey(of, `shadow_run_${round}`)
export const ticketKey = (job: string) => `jobs/${job}/ticket.json`

/** Distinct training versions with the row formats that every stage reading them accepts. */
export function trainingVersions(subject: PreflightSubject): { version: DatasetVersion; stages: number[] }[] {
  const byReference = new Map<string, { version: DatasetVersion; stages: number[] }>()
  subject.stageDatasets.forEach((version, stage) => {
    const key = referenceOf(version)
    const known = byReference.get(key) ?? { version, stages: [] }
    known.stages.push(stage)
    byReference.set(key, known)
  })
  return [...byReference.values()]
}
