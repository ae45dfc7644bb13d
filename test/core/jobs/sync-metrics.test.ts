import { beforeEach, expect, it } from 'vitest'
import { concludeAttempt } from '../../../core/jobs/conclude-attempt.ts'
import { cancelJob } from '../../../core/jobs/control-job.ts'
import { syncLiveMetrics } from '../../../core/jobs/sync-metrics.ts'
import { viewJob } from '../../../core/jobs/view-job.ts'
import { queryMetrics } from '../../../core/metrics/query-metrics.ts'
import { createSeriesReader } from '../../../core/metrics/series-reader.ts'
import { JobView } from '../../../schemas/job.ts'
import { finishTraining, saveCheckpoint } from '../../support/instant-compute.ts'
import { admit, admitted, prepared } from '../support/driven-job.ts'
import { submitSample } from '../support/project.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
beforeEach(() => {
  platform = createTestPlatform()
})

it('the open attempts of live jobs are read, and the view shows where each stage is', async () => {
  const job = await admitted(platform)
  const { spec, folder } = await prepared(platform, job.id)
  await saveCheckpoint(spec, folder, 3)
  await syncLiveMetrics(platform)
  const view = await viewJob(platform, job.id)
  expect(JobView.parse(view)).toEqual(view)
  expect(view.stages).toMatchObject([
    { step: 3, latest: { total_loss: 1 / 3 } },
    { step: 0, latest: {} },
  ])
})

it('a resumed attempt shows the step that it goes on from until it logs', async () => {
  const job = await admitted(platform)
  const one = await prepared(platform, job.id)
  await saveCheckpoint(one.spec, one.folder, 2)
  await concludeAttempt(platform, { job: job.id, run: 1, stage: 0, attempt: 1, exit: { code: 75, reason: '' } })
  const two = await prepared(platform, job.id)
  expect((await viewJob(platform, job.id)).stages[0]).toMatchObject({ step: 2, latest: {} })
  await finishTraining(two.spec, two.folder, 4)
  await syncLiveMetrics(platform)
  expect((await viewJob(platform, job.id)).stages[0]).toMatchObject({ step: 4 })
  const { series } = await queryMetrics(createSeriesReader(platform), job.id, { names: 'total_loss' })
  expect(series[0]?.points.map(([step]) => step)).toEqual([1, 2, 3, 4])
})

it('jobs that are over are not read any more, and a bad one does not hold up the others', async () => {
  const bad = await admitted(platform)
  const good = await submitSample(platform)
  const over = await submitSample(platform)
  for (const job of [good, over]) await admit(platform, job)
  for (const { id } of [bad, good, over]) {
    const { spec, folder } = await prepared(platform, id)
    await finishTraining(spec, folder, 2)
  }
  await cancelJob(platform, over.id, 'x')
  const blobs: typeof platform.blobs = {
    ...platform.blobs,
    read: (key) => {
      if (key.includes(bad.id)) throw new Error('the disk broke')
      return platform.blobs.read(key)
    },
  }
  await expect(syncLiveMetrics({ ...platform, blobs })).rejects.toThrow('1 failed')
  const reader = createSeriesReader(platform)
  expect((await queryMetrics(reader, good.id, {})).series).toHaveLength(2)
  expect((await queryMetrics(reader, over.id, {})).series).toEqual([])
})
