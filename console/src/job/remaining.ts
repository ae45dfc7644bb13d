import type { JobView, StageProgress } from '../../../schemas/job.ts'

/**
 * Seconds until the running stage ends: its steps left times the newest `step_time`, or else the pace of its attempt so far.
 * undefined: it runs no stage, or too little is known.
 */
export function secondsLeft(job: JobView, now: number): number | undefined {
  const stage = job.stages.find(({ status }) => status === 'running')
  if (!stage || job.status !== 'running') return undefined
  const perStep = secondsPerStep(stage, now)
  return perStep === undefined ? undefined : Math.max(0, stage.planned_steps - stage.step) * perStep
}

function secondsPerStep(stage: StageProgress, now: number): number | undefined {
  const measured = stage.latest.step_time
  if (typeof measured === 'number' && measured > 0) return measured
  const attempt = stage.attempts.at(-1)
  if (!attempt) return undefined
  const made = stage.step - attempt.resumed_from_step
  const seconds = (now - Date.parse(attempt.compute?.running_at ?? attempt.started_at)) / 1000
  return made > 0 && seconds > 0 ? seconds / made : undefined
}
