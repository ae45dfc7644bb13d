import type { Comparison, Subject } from '../../schemas/evaluation.ts'
import type { GateDecision } from '../../schemas/gate.ts'
import type { Job } from '../../schemas/job.ts'
import type { JobRun } from '../../schemas/steps.ts'
import { compareEvaluations } from '../evaluation/compare.ts'
import { openEvaluation } from '../evaluation/evaluation-store.ts'
import { evaluationId, pinSuite } from '../evaluation/suite.ts'
import { Fault } from '../platform/fault.ts'
import type { Platform } from '../platform/ports.ts'
import { decideGate } from '../registry/decide-gate.ts'
import { adapterOf, artifactBefore } from './artifacts.ts'
import { type Change, changeJob, changeLiveJob, getLiveJob, requireLive } from './change-job.ts'
import { getJob, isEvaluation } from './job-store.ts'
import { loadPinned } from './pinned.ts'

type Needs = Pick<Platform, 'table' | 'blobs' | 'clock'>

/** Opens the evaluations of the base model and of the tuned one on the recipe's suite, and returns their ids. */
export async function planEvaluation(platform: Needs, request: JobRun): Promise<{ evaluations: string[] }> {
  const job = await getLiveJob(platform.table, request)
  const { suite, base, candidate } = await subjects(platform, job)
  const evaluations: string[] = []
  for (const subject of [base, candidate]) evaluations.push((await openEvaluation(platform, suite, subject, job.id)).id)
  await changeLiveJob(platform, request, (current) => {
    if (current.status === 'evaluating') return undefined
    return {
      event: 'evaluation_planned',
      message: `evaluating base and tuned model on ${suite.name} (${suite.dataset.rows} items)`,
      patch: { evaluations },
    }
  })
  return { evaluations }
}

/**
 * Compares base and tuned model item by item, applies the recipe's gate and records both. A job that only evaluates, and whose gate
 * passed, ends here: there is nothing to register.
 */
export async function gateJob(
  platform: Needs,
  request: JobRun,
): Promise<{ verdict: GateDecision['verdict']; register?: false }> {
  const job = await getJob(platform.table, request.job)
  if (hasPassed(job, request)) return { verdict: 'pass', register: false }
  requireLive(job, request.run)
  const { suite, base, candidate, recipe } = await subjects(platform, job)
  const comparison = await compareEvaluations(platform, evaluationId(suite, base), evaluationId(suite, candidate))
  const gate = decideGate(recipe.gate, comparison)
  const change = (decide: (current: Job) => Change | undefined) =>
    changeJob(platform, job.id, (current) =>
      hasPassed(current, request) ? undefined : decide(requireLive(current, request.run)),
    )
  await change((current) => (current.gate ? undefined : compared(comparison, gate)))
  if (!isEvaluation(job)) return { verdict: gate.verdict }
  if (gate.verdict === 'pass') {
    const { name, version } = job.evaluates ?? {}
    const message = `${name} version ${version} passes the gate of its recipe; nothing is registered`
    await change(() => ({ event: 'evaluation_passed', message }))
  }
  return { verdict: gate.verdict, register: false }
}

/** A repeat of the step that ended this run well. */
function hasPassed(job: Job, { run }: JobRun): boolean {
  return isEvaluation(job) && job.status === 'succeeded' && job.run === run
}

function compared(comparison: Comparison, gate: GateDecision): Change {
  const { base, candidate, p } = comparison
  const measured = `base ${base.correct}, tuned ${candidate.correct} of ${comparison.n} right, p ${p.toPrecision(3)}`
  return {
    event: 'evaluations_compared',
    message: `${measured}: ${comparison.verdict}; gate: ${gate.verdict}`,
    patch: { comparison, gate },
  }
}

async function subjects(platform: Needs, job: Job) {
  const pinned = await loadPinned(platform.table, job)
  const artifact = job.evaluates?.artifact ?? artifactBefore(job, job.stages.length)
  if (!artifact) throw new Fault('illegal_transition', `job ${job.id} has no verified artifact to evaluate`)
  const base: Subject = { base_model: job.base_model }
  const candidate: Subject = { base_model: job.base_model, adapter: adapterOf(artifact) }
  return { suite: pinSuite(pinned.recipe, pinned.evaluationDataset), base, candidate, recipe: pinned.recipe }
}
