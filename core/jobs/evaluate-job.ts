import type { Subject } from '../../schemas/evaluation.ts'
import type { Job } from '../../schemas/job.ts'
import { compareEvaluations } from '../evaluation/compare.ts'
import { openEvaluation } from '../evaluation/evaluation-store.ts'
import { evaluationId, pinSuite } from '../evaluation/suite.ts'
import { Fault } from '../platform/fault.ts'
import type { Platform } from '../platform/ports.ts'
import { decideGate } from '../registry/decide-gate.ts'
import { artifactBefore } from './artifacts.ts'
import { changeJob, requireLive } from './change-job.ts'
import { getJob } from './job-store.ts'
import { loadPinned } from './pinned.ts'

interface Request {
  job: string
  run: number
}
type Needs = Pick<Platform, 'table' | 'blobs' | 'clock'>

/** Opens the evaluations of the base model and of the tuned one on the recipe's suite, and returns their ids. */
export async function planEvaluation(platform: Needs, request: Request): Promise<{ evaluations: string[] }> {
  const job = requireLive(await getJob(platform.table, request.job), request.run)
  const { suite, base, candidate } = await subjects(platform, job)
  const evaluations = []
  for (const subject of [base, candidate]) evaluations.push((await openEvaluation(platform, suite, subject, job.id)).id)
  await changeJob(platform, job.id, (current) => {
    requireLive(current, request.run)
    if (current.status === 'evaluating') return undefined
    return {
      event: 'evaluation_planned',
      message: `evaluating base and tuned model on ${suite.name} (${suite.dataset.rows} items)`,
    }
  })
  return { evaluations }
}

/** Compares base and tuned model item by item, applies the recipe's gate and records both. */
export async function gateJob(platform: Needs, request: Request): Promise<{ verdict: string }> {
  const job = requireLive(await getJob(platform.table, request.job), request.run)
  const { suite, base, candidate, recipe } = await subjects(platform, job)
  const comparison = await compareEvaluations(platform, evaluationId(suite, base), evaluationId(suite, candidate))
  const gate = decideGate(recipe.gate, comparison)
  await changeJob(platform, job.id, (current) => {
    requireLive(current, request.run)
    if (current.gate) return undefined
    const { base, candidate, p } = comparison
    const measured = `base ${base.correct}, tuned ${candidate.correct} of ${comparison.n} right, p ${p.toPrecision(3)}`
    return {
      event: 'evaluations_compared',
      message: `${measured}: ${comparison.verdict}; gate: ${gate.verdict}`,
      patch: { comparison, gate },
    }
  })
  return { verdict: gate.verdict }
}

async function subjects(platform: Needs, job: Job) {
  const pinned = await loadPinned(platform.table, job)
  const artifact = artifactBefore(job, job.stages.length)
  if (!artifact) throw new Fault('illegal_transition', `job ${job.id} has no verified artifact to evaluate`)
  const base: Subject = { base_model: job.base_model }
  const candidate: Subject = {
    base_model: job.base_model,
    adapter: {
      manifest_key: `${artifact.key}manifest.json`,
      manifest_digest: artifact.manifest_digest,
      final_key: `${artifact.key}final/`,
    },
  }
  return { suite: pinSuite(pinned.recipe.evaluation, pinned.evaluationDataset), base, candidate, recipe: pinned.recipe }
}
