import type { Job, Reason } from '../../schemas/job.ts'
import type { JobRun } from '../../schemas/steps.ts'
import { promoteVersion } from '../evaluation/promote-version.ts'
import { evaluationId, pinSuite } from '../evaluation/suite.ts'
import { Fault, isFault } from '../platform/fault.ts'
import type { Platform } from '../platform/ports.ts'
import { findReport } from '../preflight/report.ts'
import { findAlias, findVersionOf } from '../registry/model-store.ts'
import { registerVersion } from '../registry/register-version.ts'
import { adapterOf, artifactBefore } from './artifacts.ts'
import { changeJob, changeLiveJob, requireLive } from './change-job.ts'
import { collectFailurePack } from './failure-pack.ts'
import { getJob, isEvaluation } from './job-store.ts'
import { isTerminal } from './lifecycle.ts'
import { loadPinned, recipeOf } from './pinned.ts'
import { recordText } from './record-text.ts'

/** Registers the tuned model, moves the recipe's alias to it, and ends the job well. */
export async function registerModel(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock'>,
  request: JobRun,
): Promise<{ name: string; version: number }> {
  const job = await getJob(platform.table, request.job)
  if (job.status === 'succeeded' && job.run === request.run && job.model) return job.model
  requireLive(job, request.run)
  const pinned = await loadPinned(platform.table, job)
  const artifact = artifactBefore(job, job.stages.length)
  const { comparison, gate } = job
  if (!artifact || !comparison || gate?.verdict !== 'pass')
    throw new Fault('illegal_transition', `job ${job.id} has not passed its gate: nothing is registered`)

  const { model, alias } = pinned.recipe.register
  const suite = pinSuite(pinned.recipe, pinned.evaluationDataset)
  const version = await registerVersion(platform, {
    name: model,
    state: job.profile === 'prod' ? 'candidate' : 'registered',
    job: job.id,
    profile: job.profile,
    recipe: job.recipe,
    base_model: job.base_model,
    datasets: job.datasets.stages.map(({ name, digest }) => ({ name, digest })),
    artifact,
    evaluation: evaluationId(suite, { base_model: job.base_model, adapter: adapterOf(artifact) }),
    comparison,
    gate,
  })
  const moved =
    alias &&
    (await tryPromote(platform, { model, alias, version: version.version, reason: `gate of ${job.id} passed` }))
  await changeLiveJob(platform, request, () => {
    const note = !alias
      ? ''
      : moved === true
        ? `, alias "${alias}" moved to it`
        : `, alias "${alias}" left where it is: ${moved}`
    return {
      event: 'model_registered',
      message: `registered ${model} version ${version.version}${note}`,
      patch: { model: { name: model, version: version.version, ...(alias && moved === true && { alias }) } },
    }
  })
  return { name: model, version: version.version }
}

async function tryPromote(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock'>,
  promotion: Parameters<typeof promoteVersion>[1],
): Promise<true | string> {
  for (let tries = 1; ; tries++) {
    try {
      await promoteVersion(platform, promotion)
      return true
    } catch (error) {
      // Another job moved the alias meanwhile: the rules are asked again, about the version it points at now.
      if (isFault(error, 'conflict') && tries < 5) continue
      if (!isFault(error, 'illegal_transition') && !isFault(error, 'conflict')) throw error
      return error.message
    }
  }
}

/** Ends a job that preflight or the gate said no to. Not an error: the reason and the reports are kept. */
export async function refuseJob(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock'>,
  request: JobRun & { by: 'preflight' | 'gate' },
): Promise<{ code: string }> {
  const job = await getJob(platform.table, request.job)
  if (isTerminal(job.status) && job.run === request.run) return { code: job.reason?.code ?? 'finished' }
  const reason = request.by === 'gate' ? gateReason(job) : await preflightReason(platform, job)
  await changeLiveJob(platform, request, () => {
    return { event: 'refused', message: reason.message, patch: { reason } }
  })
  return { code: reason.code }
}

async function preflightReason(platform: Pick<Platform, 'blobs'>, job: Job): Promise<Reason> {
  const failed = []
  for (const round of ['round1', 'round2'] as const) {
    const report = await findReport(platform, { job: job.id, run: job.run }, round)
    for (const check of report?.checks ?? []) if (check.status === 'fail') failed.push({ round, check })
  }
  const evidence = failed.map(({ round, check }) =>
    `${round} ${check.name} (${check.subject}): ${check.message}; limit ${check.threshold}. ${check.remedy ?? ''}`.trim(),
  )
  return {
    code: 'preflight_failed',
    message: `preflight refused the job: ${failed.length} check${failed.length === 1 ? '' : 's'} failed`,
    evidence,
  }
}

function gateReason(job: Job): Reason {
  const rules = job.gate?.rules.filter((rule) => rule.verdict !== 'pass') ?? []
  const evidence = rules.map(({ rule, verdict, message }) => `${rule.type}: ${verdict}: ${message}`)
  return {
    code: `gate_${job.gate?.verdict ?? 'inconclusive'}`,
    message: `the gate refused the model: ${job.gate?.verdict}`,
    evidence,
  }
}

/** Ends a job that cannot go on: collects the failure pack, then records the reason. A job that is finished stays as it is. */
export async function failJob(
  platform: Pick<Platform, 'table' | 'metrics' | 'blobs' | 'clock' | 'compute'>,
  request: JobRun & { error: string; cause: string },
): Promise<{ status: string }> {
  const job = await getJob(platform.table, request.job)
  if (isTerminal(job.status) || job.run !== request.run) return { status: job.status }
  const running = job.stages.find((stage) => stage.status === 'running' || stage.status === 'failed')
  if (await completeRegistration(platform, job, request)) return { status: 'succeeded' }
  const pack = await collectFailurePack(platform, job, request)
  const message = recordText(messageIn(request.cause))
  const reason: Reason = {
    code: request.error,
    message,
    evidence: [pack],
    ...(running && { stage: running.index }),
  }
  const failed = await changeJob(platform, job.id, (current) => {
    if (isTerminal(current.status) || current.run !== request.run) return undefined
    return { event: 'failed', message: `failed: ${message}`, patch: { reason, error_message: message } }
  })
  return { status: failed.status }
}

/** An execution can break between registering a model and saying so on the job: the model is there, so the job did what it should. */
async function completeRegistration(
  platform: Pick<Platform, 'table' | 'clock'>,
  job: Job,
  request: JobRun,
): Promise<boolean> {
  if (job.status !== 'gating' || job.gate?.verdict !== 'pass' || isEvaluation(job)) return false
  const { spec } = await recipeOf(platform.table, job)
  const { model, alias } = spec.register
  const registered = await findVersionOf(platform.table, model, job.id)
  if (!registered) return false
  const moved = alias !== undefined && (await findAlias(platform.table, model, alias))?.version === registered.version
  const note = alias === undefined ? '' : moved ? `, alias "${alias}" moved to it` : `, alias "${alias}" not moved`
  const ended = await changeJob(platform, job.id, (current) => {
    if (isTerminal(current.status) || current.run !== request.run) return undefined
    return {
      event: 'model_registered',
      message: `registered ${model} version ${registered.version}${note}; its execution ended before it could say so`,
      patch: { model: { name: model, version: registered.version, ...(moved && { alias }) } },
    }
  })
  return ended.status === 'succeeded'
}

/** A step's error reaches the machine as Lambda's JSON; people want its message. */
function messageIn(cause: string): string {
  try {
    const { errorMessage } = JSON.parse(cause) as { errorMessage?: unknown }
    return typeof errorMessage === 'string' ? errorMessage : cause
  } catch {
    return cause
  }
}
