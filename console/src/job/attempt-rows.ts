import type { Attempt, JobView } from '../../../schemas/job.ts'
import type { MetricBranch } from '../../../schemas/metrics.ts'

export interface AttemptRow {
  stage: number
  number: number
  /** undefined: only its metrics are known. */
  attempt: Attempt | undefined
  branch: MetricBranch | undefined
  /** The next attempt goes on from a checkpoint of this step. */
  resumedAt: number | undefined
}

/** Each attempt of each stage with what it logged. */
export function attemptRows(job: Pick<JobView, 'stages'>, branches: readonly MetricBranch[]): AttemptRow[] {
  return job.stages.flatMap(({ index: stage, attempts }) => {
    const logged = branches.filter((branch) => branch.stage === stage)
    const numbers = new Set([...attempts.map(({ number }) => number), ...logged.map(({ attempt }) => attempt)])
    return [...numbers]
      .sort((left, right) => left - right)
      .map((number) => ({
        stage,
        number,
        attempt: attempts.find((each) => each.number === number),
        branch: logged.find(({ attempt }) => attempt === number),
        resumedAt: attempts.find((each) => each.number === number + 1)?.resumed_from_step,
      }))
  })
}
