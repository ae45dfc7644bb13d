import type { WatchView } from '../../cli/watch/view.ts'
import type { Comparison } from '../../schemas/evaluation.ts'
import type { GateDecision } from '../../schemas/gate.ts'
import type { Attempt, JobEvent, JobStatus, JobView, StageProgress } from '../../schemas/job.ts'

export const jobId = 'job-0123456789abcdefghij'
export const digest = 'ab'.repeat(32)
export const at = (seconds: number) => new Date(Date.parse('2026-01-01T00:00:00.000Z') + seconds * 1000)
const stamp = (seconds: number) => at(seconds).toISOString()

export function attempt(change: Partial<Attempt> = {}): Attempt {
  return {
    number: 1,
    status: 'prepared',
    compute_job: `${jobId}-0-1`,
    resumed_from_step: 0,
    exit_code: null,
    started_at: stamp(2),
    ...change,
  }
}

export function stage(change: Partial<StageProgress> = {}): StageProgress {
  return {
    index: 0,
    algorithm: 'sft',
    status: 'pending',
    planned_steps: 100,
    attempts: [],
    step: 0,
    latest: {},
    ...change,
  }
}

const pinned = (name: string) => ({ name, digest, rows: 40 })

/** An sft and a grpo stage, submitted at second 0. */
export function job(change: Partial<JobView> = {}): JobView {
  return {
    id: jobId,
    status: 'submitted',
    run: 1,
    profile: 'smoke',
    recipe: { name: 'arithmetic', version: 3, digest },
    base_model: { id: 'tiny-llama', digest },
    datasets: { stages: [pinned('train'), pinned('prompts')], evaluation: pinned('probe') },
    stages: [stage(), stage({ index: 1, algorithm: 'grpo', planned_steps: 40 })],
    labels: {},
    created_at: stamp(0),
    updated_at: stamp(0),
    ...change,
  }
}

export function event(type: string, seconds: number, status: JobStatus, message = type, run = 1): JobEvent {
  return { id: `${jobId}#${type}-${seconds}`, type, time: stamp(seconds), status, message, data: { run } }
}

export const untilTraining = [
  event('submitted', 0, 'submitted'),
  event('preflight_started', 0, 'validating'),
  event('ticket_issued', 1.5, 'queued'),
  event('attempt_prepared', 2, 'running', 'stage 0 (sft) attempt 1'),
]

export function view(change: Partial<JobView>, rest: Partial<WatchView> = {}): WatchView {
  return { job: job(change), events: untilTraining, paces: new Map(), ...rest }
}

export const trained = [
  stage({
    status: 'succeeded',
    step: 100,
    attempts: [attempt({ status: 'succeeded', exit_code: 0, ended_at: stamp(32) })],
    latest: { total_loss: 0.25 },
  }),
  stage({
    index: 1,
    algorithm: 'grpo',
    planned_steps: 40,
    status: 'succeeded',
    step: 40,
    attempts: [attempt({ status: 'succeeded', exit_code: 0, started_at: stamp(32), ended_at: stamp(62) })],
    latest: { reward_mean: 1.75 },
  }),
]

export const comparison: Comparison = {
  suite: 'probe',
  suite_digest: digest,
  n: 200,
  base: { evaluation: 'ev-base', correct: 12, accuracy: 0.06 },
  candidate: { evaluation: 'ev-tuned', correct: 130, accuracy: 0.65 },
  only_candidate_right: 120,
  only_base_right: 2,
  difference: 0.59,
  interval: [0.521, 0.659],
  p: 1.234e-30,
  verdict: 'better',
}

export const passed: GateDecision = {
  verdict: 'pass',
  rules: [
    {
      rule: { type: 'improvement', min_gain: 0, alpha: 0.05 },
      verdict: 'pass',
      message: 'difference 59.0 %; needs: better at p < 0.05',
    },
  ],
}
export const notPassed: GateDecision = {
  verdict: 'fail',
  rules: [
    ...passed.rules,
    { rule: { type: 'min_accuracy', value: 0.9 }, verdict: 'fail', message: 'accuracy 65.0 %; needs: at least 90.0 %' },
  ],
}

export function succeeded(): JobView {
  return job({
    status: 'succeeded',
    stages: trained,
    comparison,
    gate: passed,
    model: { name: 'arithmetic', version: 4, alias: 'staging' },
    finished_at: stamp(80),
    updated_at: stamp(80),
  })
}
export function refused(): JobView {
  return job({
    status: 'refused',
    stages: trained,
    comparison,
    gate: notPassed,
    reason: { code: 'gate_fail', message: 'the gate refused the model: fail', evidence: ['min_accuracy: fail: ...'] },
    finished_at: stamp(80),
    updated_at: stamp(80),
  })
}
export function failed(): JobView {
  return job({
    status: 'failed',
    stages: [
      stage({
        status: 'failed',
        step: 52,
        attempts: [attempt({ status: 'failed', exit_code: 70, ended_at: stamp(20) })],
        latest: { total_loss: 'NaN' },
      }),
      stage({ index: 1, algorithm: 'grpo' }),
    ],
    reason: {
      code: 'TrainingFailed',
      message: 'stage 0 (sft) attempt 1: the training diverged',
      stage: 0,
      evidence: [`jobs/${jobId}/failure-pack.tar.gz`],
    },
    finished_at: stamp(21),
    updated_at: stamp(21),
  })
}
