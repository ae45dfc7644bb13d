import { beforeEach, describe, expect, it } from 'vitest'
import { listAnomalies } from '../../../core/diagnostics/anomaly-store.ts'
import { concludeAttempt } from '../../../core/jobs/conclude-attempt.ts'
import { getJob } from '../../../core/jobs/job-store.ts'
import { syncAttempt } from '../../../core/jobs/sync-metrics.ts'
import { getCursor } from '../../../core/metrics/metric-store.ts'
import { getSourceHead } from '../../../core/metrics/source-head.ts'
import { deployable } from '../../../functions/manifest.ts'
import { restrictTo } from '../../../functions/restrict-platform.ts'
import type { RecipeInput } from '../../../schemas/recipe.ts'
import { finishTraining, saveCheckpoint } from '../../support/instant-compute.ts'
import { sampleRecipe } from '../../support/sample-project.ts'
import { admitted, prepared } from '../support/driven-job.ts'
import { ship } from '../support/findings.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
let id: string
let folder: string
beforeEach(async () => {
  platform = createTestPlatform()
  id = (await admitted(platform, { diagnostics: { kl_explosion: { threshold: 3 } } as never })).id
  folder = (await prepared(platform, id)).folder
})

const source = () => ({ job: id, stage: 0, attempt: 1 })
const sync = (on: TestPlatform = platform) => syncAttempt(on, source())
const lost = (step: number) => ({ total_loss: step < 3 ? 1 : 'NaN' })

describe('what the rules find in rows that are read', () => {
  it('is recorded before the rows count as read: when that fails, they are read again', async () => {
    await ship(folder, 0, [1, 2, 3], lost)
    const put = () => Promise.reject(new Error('the table is away'))
    await expect(sync({ ...platform, table: { ...platform.table, put } })).rejects.toThrow('the table is away')
    expect(await getCursor(platform.metrics, source())).toMatchObject({ next_segment: 0 })
    await sync()
    expect(await getCursor(platform.metrics, source())).toMatchObject({ next_segment: 1 })
    expect(await getJob(platform.table, id)).toMatchObject({ health: { critical: 1 } })
  })

  it('goes on from pass to pass: what lasts is one finding', async () => {
    await ship(folder, 0, [1, 2, 3], lost)
    await sync()
    await ship(folder, 1, [4, 5], lost)
    await sync()
    expect(await listAnomalies(platform.table, id)).toMatchObject([{ rule: 'non_finite', step: 3, ended: false }])
    await ship(
      folder,
      2,
      Array.from({ length: 200 }, (_, i) => 6 + i),
      () => ({ total_loss: 1 }),
    )
    await sync()
    const found = await listAnomalies(platform.table, id)
    expect(found.filter(({ rule }) => rule === 'non_finite')).toMatchObject([{ step: 3, ended: true }])
  })
})

it.each(['ingest-metrics', 'sync-metrics', 'stop-job', 'conclude-attempt', 'reconcile', 'api'])(
  '%s may read a segment and record what is found in it',
  async (name) => {
    await ship(folder, 0, [1, 2, 3], lost)
    await syncAttempt(restrictTo(platform, deployable(name)), source())
    expect(await getJob(platform.table, id)).toMatchObject({ health: { critical: 1 } })
  },
)

it('chunks go 60 days after they were read', async () => {
  await ship(folder, 0, [1, 2], lost)
  await sync()
  const { items } = await platform.metrics.query({ pk: `JOB#${id}`, sk: { prefix: 'M#' } })
  const now = platform.clock.now().getTime() / 1000
  expect(items.map(({ expiresAt }) => expiresAt)).toEqual([Math.floor(now) + 60 * 24 * 3600])
})

it('rows are judged by algorithm, plan and rules of the recipe, of the stage that they are of', async () => {
  const { stages, recipe } = await getJob(platform.table, id)
  expect(recipe).toBeDefined()
  expect(await getSourceHead(platform.metrics, source())).toMatchObject({
    algorithm: 'sft',
    planned_steps: stages[0]?.planned_steps,
    resumed_from_step: 0,
    hyperparameters: { learning_rate: 0.001, batch_size: 4 },
    diagnostics: { kl_explosion: { threshold: 3 } },
  })
})

it('rows are judged by the target of KL that the run is guarded by', async () => {
  const guards: NonNullable<RecipeInput['guards']> = {
    simulate: false,
    live_mode: true,
    seeds: [1, 2, 3],
    target_kl: 0.03,
    use_overclar_penalty: true,
    seed_pool: 'pool.jsonl',
    priority_sampling: {
      enable: true,
      by_difficulty: { easy: 0.2, medium: 0.4, hard: 0.4 },
      low_perf_cap: 0.3,
      seed_ratio_schedule: [{ step: 0, ratio: 0.5 }],
    },
  }
  const other = (await admitted(platform, { guards })).id
  await prepared(platform, other)
  const head = await getSourceHead(platform.metrics, { job: other, stage: 0, attempt: 1 })
  expect(head).toMatchObject({ target_kl: 0.03 })
})

it('the second stage is judged by its own hyperparameters', async () => {
  const other = (await admitted(platform, { stages: sampleRecipe().stages.toReversed() })).id
  await prepared(platform, other)
  const head = await getSourceHead(platform.metrics, { job: other, stage: 0, attempt: 1 })
  expect(head).toMatchObject({ algorithm: 'grpo', hyperparameters: { prompts_per_step: 2 } })
  await finishTraining((await prepared(platform, other)).spec, (await prepared(platform, other)).folder)
  const exit = { code: 0, reason: '' }
  await concludeAttempt(platform, { job: other, run: 1, stage: 0, attempt: 1, exit })
  await prepared(platform, other, 1)
  const second = await getSourceHead(platform.metrics, { job: other, stage: 1, attempt: 1 })
  expect(second).toMatchObject({ algorithm: 'sft', hyperparameters: { max_length: 48 } })
})

it('an attempt that resumes is judged from the step of its checkpoint on', async () => {
  const other = (await admitted(platform)).id
  const { spec, folder } = await prepared(platform, other)
  await saveCheckpoint(spec, folder, 2)
  const again = { job: other, run: 1, stage: 0, attempt: 1, exit: { code: 75, reason: '' } }
  await concludeAttempt(platform, again)
  await prepared(platform, other)
  expect(await getSourceHead(platform.metrics, { job: other, stage: 0, attempt: 2 })).toMatchObject({
    resumed_from_step: 2,
  })
})
