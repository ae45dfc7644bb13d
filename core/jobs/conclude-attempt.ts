import type { Attempt, Job, Stage } from '../../schemas/job.ts'
import type { JobRun } from '../../schemas/steps.ts'
import { findAnomaly } from '../diagnostics/anomaly-store.ts'
import type { Platform } from '../platform/ports.ts'
import { attemptName } from './artifacts.ts'
import { changeLiveJob, getLiveJob } from './change-job.ts'
import { newestCheckpoint } from './checkpoints.ts'
import { decideRetry, type Exit, endedBy } from './exit-rules.ts'
import { ingestAttempt } from './ingest-attempt.ts'
import { computeSeen } from './observe-compute.ts'
import { recipeOf } from './pinned.ts'
import { stageOf } from './prepare-attempt.ts'
import { readStatus } from './read-status.ts'
import { recordText } from './record-text.ts'
import { verifyAttempt } from './verify-attempt.ts'

export type Conclusion = { decision: 'done' } | { decision: 'retry' } | { decision: 'fail'; reason: string }

type Needs = Pick<Platform, 'table' | 'metrics' | 'blobs' | 'clock' | 'compute'>

const lastWords = 5
// The job's record holds them, and has a limit of 400 KB for all its attempts.
const lineCharacters = 300

/** Decides what an ended attempt means: the stage is done, it gets another attempt, or the job fails. */
export async function concludeAttempt(
  platform: Needs,
  request: JobRun & { stage: number; attempt: number; exit: Exit },
): Promise<Conclusion> {
  const before = await getLiveJob(platform.table, request)
  await ingestAttempt(platform, before.id, stageOf(before, request.stage), request.attempt)
  await readStatus(platform, before, stageOf(before, request.stage), request.attempt)
  // Read again: what its last rows say may have condemned it.
  const job = await getLiveJob(platform.table, request)
  const stage = stageOf(job, request.stage)
  const outcome =
    (await condemned(platform, job, stage, request.attempt)) ??
    (request.exit.code === 0
      ? await verified(platform, job, stage, request.attempt)
      : await failed(platform, job, stage, request.attempt, request.exit))
  // Looked at once more, so that the record does not depend on which of its changes were seen while it ran.
  const compute = computeSeen(await platform.compute.describe(attemptName(job.id, stage.index, request.attempt)))
  await changeLiveJob(platform, request, (current) =>
    recordEnd(current, stage.index, request, outcome, compute, platform.clock.now().toISOString()),
  )
  return outcome.conclusion
}

interface Outcome {
  conclusion: Conclusion
  status: Attempt['status']
  message: string
  artifact?: NonNullable<Stage['artifact']>
}

/** However it exited: no attempt succeeds, and none is tried again, after a finding that stops the job. */
async function condemned(platform: Needs, job: Job, stage: Stage, attempt: number): Promise<Outcome | undefined> {
  const { stopped_by: by } = stage.attempts[attempt - 1] ?? {}
  if (!by) return undefined
  const finding = await findAnomaly(platform.table, job.id, by.anomaly)
  const checkpoint = await newestCheckpoint(platform, job.id, stage)
  const kept = checkpoint
    ? `the checkpoint of step ${checkpoint.step} is from before it, and a resume starts there`
    : 'no checkpoint is from before it: a clone starts over'
  // What to change in the training: how to silence the rule is for whoever looks at the finding.
  const advice = (finding?.advice ?? []).filter(({ key }) => !key.startsWith('diagnostics.')).map(({ text }) => text)
  const said = [finding?.message ?? `finding ${by.anomaly}`, finding?.cause ?? '', ...advice, kept].filter(Boolean)
  const words = said.map((sentence) => sentence.replace(/\.$/, ''))
  const reason = recordText(
    `stage ${stage.index} (${stage.algorithm}) attempt ${attempt} was stopped by diagnostics for what began at step ${by.step}: ${words.join('. ')}`,
  )
  return { conclusion: { decision: 'fail', reason }, status: 'failed', message: reason }
}

async function verified(platform: Needs, job: Job, stage: Stage, attempt: number): Promise<Outcome> {
  const result = await verifyAttempt(platform, job, stage, attempt)
  if (result.ok) {
    const message = `stage ${stage.index} (${stage.algorithm}) done: ${stage.planned_steps} steps verified`
    return { conclusion: { decision: 'done' }, status: 'succeeded', message, artifact: result.artifact }
  }
  const reason = recordText(`attempt ${attempt} exited 0 but failed verification: ${result.problems.join('; ')}`)
  return { conclusion: { decision: 'fail', reason }, status: 'failed', message: reason }
}

async function failed(platform: Needs, job: Job, stage: Stage, attempt: number, exit: Exit): Promise<Outcome> {
  const own = stage.attempts[attempt - 1]
  const before = stage.attempts[attempt - 2]
  const checkpoint = await newestCheckpoint(platform, job.id, stage)
  const { retry, meaning } = decideRetry({
    exit,
    attempts: attempt,
    maxAttempts: await maxAttempts(platform, job, stage),
    progressed: (checkpoint?.step ?? 0) > (own?.resumed_from_step ?? 0),
    repeated: before !== undefined && before.exit_code === exit.code,
    capacity: own?.capacity ?? 'spot',
  })
  const what = `stage ${stage.index} (${stage.algorithm}) attempt ${attempt}: ${meaning}`
  if (retry)
    return {
      conclusion: { decision: 'retry' },
      status: exit.code === 75 ? 'preempted' : 'failed',
      message: `${what}; trying again from ${checkpoint ? `step ${checkpoint.step}` : 'the start'}`,
    }
  const reason = `${what}${await logEnd(platform, own?.compute_job)}`
  return { conclusion: { decision: 'fail', reason }, status: 'failed', message: reason }
}

async function logEnd(platform: Needs, name: string | undefined): Promise<string> {
  const lines = name === undefined ? [] : await platform.compute.logTail(name, lastWords)
  const short = lines.map((line) => line.slice(0, lineCharacters).toWellFormed())
  return short.length === 0 ? '' : `; its log ends with:\n${short.join('\n')}`
}

async function maxAttempts(platform: Needs, job: Job, stage: Stage): Promise<number> {
  const recipe = await recipeOf(platform.table, job)
  return recipe.spec.stages[stage.index]?.max_attempts ?? 1
}

function recordEnd(
  job: Job,
  index: number,
  request: { attempt: number; exit: Exit },
  outcome: Outcome,
  compute: Attempt['compute'],
  now: string,
) {
  // A repeat of this step: the first record of how the attempt ended stays.
  if (stageOf(job, index).attempts[request.attempt - 1]?.status !== 'prepared') return undefined
  const stages = job.stages.map((stage): Stage => {
    if (stage.index !== index) return stage
    const attempts = stage.attempts.map((attempt): Attempt => {
      if (attempt.number !== request.attempt) return attempt
      const { compute: _, ...rest } = attempt
      const ended_by = request.exit.code === 0 ? undefined : endedBy(request.exit)
      return {
        ...rest,
        status: outcome.status,
        exit_code: request.exit.code,
        reason: outcome.message,
        ended_at: now,
        ...(ended_by && { ended_by }),
        ...(compute && { compute }),
      }
    })
    const status =
      outcome.conclusion.decision === 'done'
        ? 'succeeded'
        : outcome.conclusion.decision === 'fail'
          ? 'failed'
          : stage.status
    return { ...stage, status, attempts, ...(outcome.artifact && { artifact: outcome.artifact }) }
  })
  return { event: 'attempt_ended' as const, message: outcome.message, patch: { stages } }
}
