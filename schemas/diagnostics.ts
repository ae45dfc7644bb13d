import * as z from 'zod'
import { JobId, MetricValue, Timestamp } from './primitives.ts'

/** Raised with every change of a rule or of a default: a finding says under which it was made. */
export const rulesVersion = 1

export const Severity = z.enum(['critical', 'high', 'medium', 'low'])

const enabled = z.boolean().default(true)
const rule = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject({ enabled, ...shape }).prefault({} as never)
const steps = z.int().min(1).max(100_000)
const share = z.number().min(0).max(1)

/** Thresholds of the rules, by recipe. Every default is the reference's, or was found on recorded and labelled runs (docs/diagnostics.md). */
export const DiagnosticsConfig = z.strictObject({
  mode: z
    .enum(['enforce', 'observe'])
    .default('enforce')
    .describe('enforce: a critical finding stops the job; observe: findings are reported only'),
  non_finite: rule({}),
  kl_explosion: rule({
    threshold: z.number().positive().default(1).describe('nats, of kl_ref; critical above twice, high above 1.5 times'),
  }),
  kl_drift: rule({
    target_kl: z
      .number()
      .positive()
      .optional()
      .describe("nats; the recipe's guards.target_kl when absent; no target: off"),
    factor: z.number().gt(1).default(4).describe('alert above factor x target_kl'),
    run: steps.default(3).describe('consecutive steps'),
  }),
  loss_plateau: rule({
    patience: steps.default(50),
    min_improvement: share.default(0.01).describe('of the best loss before; supervised and preference losses only'),
  }),
  reward_collapse: rule({
    drop: share.default(0.5).describe('of the spread between the first and the best smoothed reward'),
    window: steps.default(20),
  }),
  zero_signal_groups: rule({ share: share.default(0.95), window: steps.default(20) }),
  grad_explosion: rule({
    z: z.number().positive().default(5).describe('robust deviations above its own running level, of the logarithm'),
    factor: z.number().gt(1).default(10),
    run: steps.default(3),
  }),
  grad_vanishing: rule({ fraction: share.default(0.001).describe('of its own baseline'), run: steps.default(20) }),
  entropy_collapse: rule({ fraction: share.default(0.1).describe('of its own early level'), run: steps.default(20) }),
  length_runaway: rule({
    clip_ratio: share.default(0.5).describe('share of truncated responses'),
    growth: z.number().gt(1).default(3).describe('of the mean length over its early level'),
    run: steps.default(20),
  }),
  throughput_drop: rule({ fraction: share.default(0.5).describe('of its own running median'), run: steps.default(20) }),
  memory_creep: rule({
    growth: z.number().gt(0).default(0.1).describe('of allocated memory over its early level, still rising'),
    window: steps.default(160),
  }),
  step_stall: rule({
    k: z
      .number()
      .gt(1)
      .default(10)
      .describe('times the p95 step time without a step: high; three times that: critical'),
    min_seconds: z.number().positive().default(600),
  }),
  data_quality: rule({}),
  trainer_report: rule({}),
})

export const ruleNames = [
  'non_finite',
  'kl_explosion',
  'kl_drift',
  'loss_plateau',
  'reward_collapse',
  'zero_signal_groups',
  'grad_explosion',
  'grad_vanishing',
  'entropy_collapse',
  'length_runaway',
  'throughput_drop',
  'memory_creep',
  'step_stall',
  'data_quality',
  'trainer_report',
] as const
export const RuleName = z.enum(ruleNames)

/** Which key of the recipe to change, and to what. */
export const Advice = z.strictObject({
  key: z
    .string()
    .describe('path in the recipe, for example stages[0].hyperparameters.learning_rate; empty: not the recipe'),
  value: z.union([z.number(), z.string(), z.boolean()]).nullable().describe('null: no single value can be named'),
  text: z.string(),
})

/** A finding of a diagnostic rule: one episode, from the step at which it was first true. */
export const Anomaly = z.strictObject({
  id: z.string().describe('stage.attempt.rule.step: the same points give the same id'),
  stage: z.int().min(0),
  attempt: z.int().min(1),
  rule: RuleName,
  severity: Severity.describe('the worst of the episode'),
  metric: z.string().nullable(),
  step: z
    .int()
    .min(0)
    .describe('where it began; a checkpoint from this step on is not trusted when the finding stops the job'),
  last_step: z.int().min(0).describe('the newest step at which it was seen, when the record was last written'),
  ended: z.boolean().describe('the condition is over'),
  time: Timestamp.nullable().describe("of that step, by the trainer's clock"),
  value: MetricValue.nullable().describe('what was measured'),
  threshold: z.number().nullable(),
  unit: z.string(),
  message: z.string().describe('what was seen, with value and threshold'),
  cause: z.string().describe('what it usually means, in plain language'),
  advice: z.array(Advice),
  evidence: z
    .array(z.tuple([z.int(), MetricValue]))
    .max(40)
    .describe('[step, value] around the beginning'),
  stops: z.boolean().describe('it stops the job: critical, in a recipe that enforces'),
  rules_version: z.int().min(1),
})

export const HealthBand = z.enum(['healthy', 'warning', 'critical'])

/** max(0, 100 - 50 critical - 30 high - 15 medium - 5 low); >= 80 healthy, >= 50 warning, else critical [R1 1.5.3]. */
export const Health = z.strictObject({
  score: z.int().min(0).max(100),
  band: HealthBand,
  critical: z.int().min(0),
  high: z.int().min(0),
  medium: z.int().min(0),
  low: z.int().min(0),
})

/** What a pass over a job's points says. */
export const Diagnosis = z.strictObject({
  job: JobId,
  health: Health,
  anomalies: z.array(Anomaly),
  steps: z.int().min(0).describe('rows looked at'),
  rules_version: z.int().min(1),
})

/** Stored jobs, and thresholds to judge them by in place of their recipes'. */
export const BacktestRequest = z.strictObject({
  jobs: z.array(JobId).min(1).max(100),
  diagnostics: DiagnosticsConfig.describe('the policy to try; what is left out has its default'),
})

export const BacktestResult = z.strictObject({
  job: JobId,
  status: z.string().describe('how the job really ended, or stands'),
  anomalies: z.array(Anomaly),
  health: Health,
  would_stop: z
    .strictObject({
      rule: RuleName,
      stage: z.int(),
      attempt: z.int(),
      step: z.int(),
      time: Timestamp.nullable(),
      message: z.string(),
    })
    .nullable(),
  outcome: z
    .enum(['saved', 'killed', 'untouched', 'missed', 'open'])
    .describe(
      'saved: stopped a job that did not succeed; killed: stopped one that succeeded; untouched: let one succeed; missed: let one fail; open: it still runs, or was stopped by diagnostics and this policy lets it go on: nobody knows its end',
    ),
  seconds_saved: z.number().min(0).describe('of training behind the stop, by the clock of the points'),
  usd_saved: z.number().min(0).nullable(),
})

export const BacktestReport = z.strictObject({
  results: z.array(BacktestResult),
  totals: z.strictObject({
    saved: z.int(),
    killed: z.int(),
    untouched: z.int(),
    missed: z.int(),
    open: z.int(),
    seconds_saved: z.number(),
    seconds_killed: z.number().describe('of training thrown away of jobs that succeeded'),
  }),
  rules_version: z.int(),
})

export type Severity = z.infer<typeof Severity>
export type DiagnosticsConfig = z.infer<typeof DiagnosticsConfig>
export type RuleName = z.infer<typeof RuleName>
export type Advice = z.infer<typeof Advice>
export type Anomaly = z.infer<typeof Anomaly>
export type Health = z.infer<typeof Health>
export type HealthBand = z.infer<typeof HealthBand>
export type Diagnosis = z.infer<typeof Diagnosis>
export type BacktestRequest = z.infer<typeof BacktestRequest>
export type BacktestResult = z.infer<typeof BacktestResult>
export type BacktestReport = z.infer<typeof BacktestReport>
