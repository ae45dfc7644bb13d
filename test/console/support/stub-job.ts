import { JobSummary } from '../../../schemas/dashboard.ts'
import { Anomaly, Health } from '../../../schemas/diagnostics.ts'
import { JobEvent, JobView } from '../../../schemas/job.ts'
import { Recipe } from '../../../schemas/recipe.ts'
import { sampleRecipe } from '../../support/sample-project.ts'
import { digest } from './stub-answers.ts'

export const jobId = (number: number) => `job-${String(number).padStart(20, '0')}`
export const began = Date.parse('2026-11-21T02:00:00.000Z')
const at = (seconds: number) => new Date(began + seconds * 1000).toISOString()

/** A running job of two stages: the first is done, the second is in its second attempt. */
export function stubJob(change: object = {}, id = jobId(1)): JobView {
  return JobView.parse({
    id,
    kind: 'training',
    status: 'running',
    run: 1,
    profile: 'prod',
    recipe: { name: 'arith-grpo', version: 3, digest: digest('5') },
    base_model: { id: 'tiny-llama', digest: digest('6') },
    datasets: {
      stages: [
        { name: 'sums', digest: digest('1'), rows: 7473 },
        { name: 'prompts', digest: digest('2'), rows: 7473 },
      ],
      evaluation: { name: 'gsm8k', digest: digest('7'), rows: 1319 },
    },
    stages: [stubStage(0, 'sft', 'succeeded', 400, 400, 1), stubStage(1, 'grpo', 'running', 1240, 2000, 2)],
    health: stubHealth({ critical: 1, medium: 1 }),
    labels: {},
    created_at: at(0),
    updated_at: at(3600),
    ...change,
  })
}

export function stubHealth(counts: Partial<Health> = {}): Health {
  const whole = { critical: 0, high: 0, medium: 0, low: 0, ...counts }
  const score = Math.max(0, 100 - 50 * whole.critical - 30 * whole.high - 15 * whole.medium - 5 * whole.low)
  return Health.parse({ ...whole, score, band: score >= 80 ? 'healthy' : score >= 50 ? 'warning' : 'critical' })
}

export function stubSummary(id: string, change: object = {}): JobSummary {
  return JobSummary.parse({
    id,
    kind: 'training',
    status: 'running',
    recipe: { name: 'arith-grpo', version: 3 },
    progress: { stage: 1, stages: 2, algorithm: 'grpo', step: 1240, planned_steps: 2000, share: 0.68 },
    health: stubHealth({ critical: 1, medium: 1 }),
    cost_usd: 3.4,
    message: null,
    created_at: at(0),
    updated_at: at(3600),
    ...change,
  })
}

export const stubAnomalies = [
  anomaly('entropy_collapse', 'medium', 'entropy', 700, { ended: true, value: 0.02, threshold: 0.1, unit: 'nats' }),
  anomaly('non_finite', 'critical', 'kl_ref', 1000, { value: 'NaN', threshold: null, stops: true }),
]

function anomaly(rule: string, severity: string, metric: string, step: number, more: object): Anomaly {
  return Anomaly.parse({
    id: `1.2.${rule}.${step}`,
    stage: 1,
    attempt: 2,
    rule,
    severity,
    metric,
    step,
    last_step: step + 3,
    ended: false,
    time: at(step),
    value: null,
    threshold: null,
    unit: '',
    message: `${metric} was not what it should be at step ${step}`,
    cause:
      'The learning rate is too high for this batch size, so one update leaves the region where the loss is smooth.',
    advice: [
      {
        key: 'stages[1].hyperparameters.learning_rate',
        value: 0.0000005,
        text: 'Halve the learning rate and resume from the checkpoint before this step.',
      },
    ],
    evidence: [
      [step - 2, 0.021],
      [step - 1, 0.034],
      [step, rule === 'non_finite' ? 'NaN' : 0.02],
      [step + 1, 0.4],
    ],
    stops: false,
    rules_version: 1,
    ...more,
  })
}

export const stubEvents = ['job.submitted', 'job.validated', 'job.started'].map((type, index) =>
  JobEvent.parse({
    id: `event-${index}`,
    type,
    time: at(index * 30),
    status: ['submitted', 'queued', 'running'][index],
    message: `the job was ${type.slice(4)}`,
    data: index === 2 ? { stage: 0, attempt: 1 } : {},
  }),
)

export function stubRecipe(change: object = {}): Recipe {
  return Recipe.parse({
    name: 'arith-grpo',
    version: 3,
    digest: digest('5'),
    created_at: at(0),
    spec: { ...sampleRecipe(), name: 'arith-grpo', ...change },
  })
}

export const stubLog = Array.from(
  { length: 300 },
  (_, index) => `[step ${index}] loss=${(2 / (index + 1)).toFixed(4)} tokens=${index * 4096}`,
)

function stubStage(index: number, algorithm: string, status: string, step: number, planned: number, attempts: number) {
  return {
    index,
    algorithm,
    status,
    planned_steps: planned,
    step,
    latest: status === 'running' ? { step_time: 2.4 } : {},
    attempts: Array.from({ length: attempts }, (_, number) => ({
      number: number + 1,
      status: number + 1 < attempts ? 'preempted' : status === 'running' ? 'prepared' : 'succeeded',
      compute_job: `compute-${index}-${number}`,
      resumed_from_step: number === 0 ? 0 : 600,
      exit_code: number + 1 < attempts ? 75 : null,
      ...(number + 1 < attempts && { ended_by: 'reclaimed', reason: 'its host was taken back', ended_at: at(1700) }),
      started_at: at(60 + number * 1800),
    })),
  }
}
