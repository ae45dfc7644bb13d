import { beforeEach, expect, it } from 'vitest'
import { listTrainingMetrics } from '../../../core/jobs/training-metric.ts'
import { createSeriesReader, type SeriesReader } from '../../../core/metrics/series-reader.ts'
import type { Anomaly } from '../../../schemas/diagnostics.ts'
import { TrainingMetric } from '../../../schemas/operations/monitoring.ts'
import { finding } from '../support/findings.ts'
import { prepareProject } from '../support/project.ts'
import { lines, type StoredAttempt, second, storedJob } from '../support/stored-job.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
let reader: SeriesReader
beforeEach(async () => {
  platform = createTestPlatform()
  await prepareProject(platform)
  reader = createSeriesReader(platform)
})

const stored = async (...stages: StoredAttempt[][]) => (await storedJob(platform, stages)).id

async function listed(job: string, query: object = {}, anomalies: Anomaly[] = [], only = false) {
  const found = await listTrainingMetrics(reader, job, { limit: 1000, ...query }, anomalies, only)
  for (const row of found) expect(TrainingMetric.parse(row)).toEqual(row)
  return found
}

it('a row has the names of the requirement, null for what was not logged, and everything else beside them', async () => {
  const data = () => ({ kl_ref: 0.25, total_loss: Number.NaN, entropy: 1.5, 'own/metric': Number.POSITIVE_INFINITY })
  const [row] = await listed(await stored([{ lines: lines(1, 1, data) }]))
  expect(row).toEqual({
    step: 1,
    stage: 0,
    attempt: 1,
    timestamp: second(0).toISOString(),
    epoch: null,
    total_loss: 'NaN',
    policy_loss: null,
    value_loss: null,
    reward_mean: null,
    reward_std: null,
    reward_max: null,
    reward_min: null,
    kl_divergence: 0.25,
    kl_divergence_max: 0.25,
    grad_norm_actor: null,
    grad_norm_critic: null,
    learning_rate: null,
    tokens_per_second: null,
    step_time: null,
    gpu_memory_allocated_gib: null,
    has_anomaly: false,
    anomaly_type: null,
    anomaly_message: null,
    extra_metrics: { entropy: 1.5, 'own/metric': 'Infinity' },
  })
})

it('the greatest KL is the one that was logged, where one was', async () => {
  const data = (step: number) => ({ kl_ref: 0.25, ...(step === 2 && { kl_divergence_max: 3 }) })
  const rows = await listed(await stored([{ lines: lines(1, 2, data) }]))
  expect(rows.map((row) => [row.kl_divergence, row.kl_divergence_max])).toEqual([
    [0.25, 0.25],
    [0.25, 3],
  ])
})

it('a step has no time where none was logged', async () => {
  const untimed = lines(1, 1, () => ({ total_loss: 1 })).map((line) => ({ ...line, time: Number.NaN }))
  expect((await listed(await stored([{ lines: untimed }])))[0]?.timestamp).toBeNull()
})

const loss = (step: number) => ({ total_loss: step })

it('the rows that count come oldest first over all stages, the newest of them within the limit', async () => {
  const job = await stored(
    [{ lines: lines(1, 4, loss) }, { lines: lines(3, 5, loss), resumed_from_step: 2 }],
    [{ lines: lines(1, 2, loss) }],
  )
  const places = async (query?: object) =>
    (await listed(job, query)).map(({ stage, attempt, step }) => `${stage}.${attempt}.${step}`)
  const whole = ['0.1.1', '0.1.2', '0.2.3', '0.2.4', '0.2.5', '1.1.1', '1.1.2']
  expect(await places()).toEqual(whole)
  expect(await places({ limit: 3 })).toEqual(whole.slice(-3))
  expect(await places({ start_step: 2, end_step: 3 })).toEqual(['0.1.2', '0.2.3', '1.1.2'])
  expect(await places({ start_step: 2, end_step: 3, limit: 2 })).toEqual(['0.2.3', '1.1.2'])
})

it('a finding marks the steps of its episode in its own attempt, the worst of several', async () => {
  const job = await stored([{ lines: lines(1, 4, loss) }, { lines: lines(3, 8, loss), resumed_from_step: 2 }])
  const found = [
    finding({ attempt: 1, step: 2, last_step: 4, ended: true }),
    finding({ attempt: 2, rule: 'loss_plateau', severity: 'medium', step: 4, last_step: 5, ended: true }),
    finding({
      attempt: 2,
      rule: 'non_finite',
      severity: 'critical',
      step: 5,
      last_step: 5,
      ended: true,
      message: 'NaN',
    }),
    finding({ attempt: 2, rule: 'memory_creep', severity: 'low', step: 8, last_step: 8 }),
  ]
  const rows = await listed(job, {}, found)
  const marked = rows.flatMap((row) => (row.has_anomaly ? [[row.step, row.anomaly_type]] : []))
  expect(marked).toEqual([
    [2, 'kl_explosion'],
    [4, 'loss_plateau'],
    [5, 'non_finite'],
    [8, 'memory_creep'],
  ])
  expect(rows.find(({ step }) => step === 5)?.anomaly_message).toBe('NaN')
  expect((await listed(job, { limit: 2 }, found, true)).map(({ step }) => step)).toEqual([5, 8])
})

it('a finding that is not over covers all that comes after it', async () => {
  const job = await stored([{ lines: lines(1, 6, loss) }])
  const rows = await listed(job, {}, [finding({ step: 4, last_step: 4, ended: false })], true)
  expect(rows.map(({ step }) => step)).toEqual([4, 5, 6])
})

it('nothing was logged: nothing is listed', async () => {
  expect(await listed(await stored([{ lines: [] }]))).toEqual([])
})
