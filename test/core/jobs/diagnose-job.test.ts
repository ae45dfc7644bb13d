import { appendFile } from 'node:fs/promises'
import { beforeEach, expect, it } from 'vitest'
import { listAnomalies } from '../../../core/diagnostics/anomaly-store.ts'
import { concludeAttempt } from '../../../core/jobs/conclude-attempt.ts'
import { diagnoseJob, diagnoseLiveJobs, jobHealth } from '../../../core/jobs/diagnose-job.ts'
import { getJob, jobKey } from '../../../core/jobs/job-store.ts'
import { recordFinding } from '../../../core/jobs/record-finding.ts'
import { syncMetrics } from '../../../core/jobs/sync-metrics.ts'
import { Diagnosis } from '../../../schemas/diagnostics.ts'
import { admitted, prepared } from '../support/driven-job.ts'
import { finding, ship } from '../support/findings.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
let id: string
let folder: string
beforeEach(async () => {
  platform = createTestPlatform()
  id = (await admitted(platform)).id
  folder = (await prepared(platform, id)).folder
})

const sick = (step: number) => ({ total_loss: step === 5 ? 'Infinity' : 2 / step, odd: step === 6 ? null : step })

it('a sync reads what is shipped and says how much', async () => {
  await ship(folder, 0, [1, 2, 3], sick)
  await ship(folder, 1, [4], sick)
  expect(await syncMetrics(platform, id)).toEqual({ segments: 2, rows: 4, points: 8, last_step: 4 })
  expect(await syncMetrics(platform, id)).toEqual({ segments: 0, rows: 0, points: 0, last_step: 4 })
})

it('a diagnosis finds what ingest found, and nothing twice', async () => {
  await ship(folder, 0, [1, 2, 3, 4], sick)
  await ship(folder, 1, [5, 6], sick)
  await syncMetrics(platform, id)
  const stored = await listAnomalies(platform.table, id)
  const told = platform.events().length
  const diagnosis = await diagnoseJob(platform, id)
  expect(Diagnosis.parse(diagnosis)).toEqual(diagnosis)
  expect(diagnosis).toMatchObject({ job: id, steps: 6, health: { critical: 1 } })
  expect(diagnosis.anomalies).toEqual(stored)
  expect(await listAnomalies(platform.table, id)).toEqual(stored)
  expect(platform.events()).toHaveLength(told)
})

it('a diagnosis reads what no event told of', async () => {
  await ship(folder, 0, [1, 2, 3, 4, 5], sick)
  expect(await diagnoseJob(platform, id)).toMatchObject({ steps: 5, anomalies: [{ rule: 'non_finite', step: 5 }] })
  expect(await getJob(platform.table, id)).toMatchObject({ health: { critical: 1 } })
})

it('what was found in chunks that are gone by now stays found', async () => {
  await ship(folder, 0, [1, 2, 3, 4, 5], sick)
  await ship(folder, 1, [7], () => ({ total_loss: 1 }))
  await syncMetrics(platform, id)
  const stored = await listAnomalies(platform.table, id)
  const { items } = await platform.metrics.query({ pk: `JOB#${id}`, sk: { prefix: 'M#' } })
  if (items[0]) await platform.metrics.delete(items[0], 'any')
  expect(await diagnoseJob(platform, id)).toMatchObject({ steps: 1, anomalies: stored })
  expect(stored).toHaveLength(1)
})

it('what was odd about the lines is found where it was found as they landed', async () => {
  await ship(folder, 0, [1, 2, 3], (step) => ({ total_loss: step }))
  await ship(folder, 1, [4, 5], (step) => ({ total_loss: step }))
  await appendFile(`${folder}metrics/00000001.jsonl`, 'Traceback\n'.repeat(50))
  await syncMetrics(platform, id)
  const stored = await listAnomalies(platform.table, id)
  expect(stored).toMatchObject([{ rule: 'data_quality' }])
  expect((await diagnoseJob(platform, id)).anomalies).toEqual(stored)
})

it('a finding that was lost is found and kept again', async () => {
  await ship(folder, 0, [1, 2, 3, 4, 5], sick)
  await syncMetrics(platform, id)
  const { items } = await platform.table.query({ pk: `JOB#${id}`, sk: { prefix: 'AN#' } })
  if (items[0]) await platform.table.delete(items[0], 'any')
  await diagnoseJob(platform, id)
  expect(await listAnomalies(platform.table, id)).toMatchObject([{ rule: 'non_finite', step: 5 }])
})

it('a sync says the last step of the newest attempt that has any', async () => {
  await ship(folder, 0, [1, 2, 3], sick)
  await concludeAttempt(platform, { job: id, run: 1, stage: 0, attempt: 1, exit: { code: 75, reason: '' } })
  await prepared(platform, id)
  expect(await syncMetrics(platform, id)).toMatchObject({ last_step: 3 })
})

it('a stall, which no row tells, is kept', async () => {
  await recordFinding(platform, id, finding({ rule: 'step_stall', severity: 'high', stops: false }))
  expect((await diagnoseJob(platform, id)).anomalies).toMatchObject([{ rule: 'step_stall' }])
})

it('health is of the newest attempt of each stage', async () => {
  await recordFinding(platform, id, finding({ stops: false }))
  expect(await jobHealth(platform, id)).toMatchObject({ score: 50, critical: 1 })
  const item = await platform.table.get(jobKey(id))
  const job = await getJob(platform.table, id)
  const attempts = job.stages[0]?.attempts.flatMap((each) => [each, { ...each, number: 2 }]) ?? []
  const stages = job.stages.map((stage) => (stage.index === 0 ? { ...stage, attempts } : stage))
  await platform.table.put({ ...jobKey(id), data: { ...item?.data, stages } as never }, 'any')
  expect(await jobHealth(platform, id)).toMatchObject({ score: 100, band: 'healthy', anomalies: [{ attempt: 1 }] })
})

it('of all live jobs, one that cannot be judged holds up no other', async () => {
  const broken = await admitted(platform)
  await prepared(platform, broken.id)
  const metrics = {
    ...platform.metrics,
    query: async (query: Parameters<typeof platform.metrics.query>[0]) => {
      if (query.pk.endsWith(broken.id)) throw new Error('the disk broke')
      return platform.metrics.query(query)
    },
  }
  expect(await diagnoseLiveJobs({ ...platform, metrics })).toMatchObject({
    diagnoses: [{ job: id, health: { score: 100 } }],
    failures: [{ job: broken.id, message: 'the disk broke' }],
  })
})

it('a job that does not exist is refused', async () => {
  for (const act of [syncMetrics, diagnoseJob, jobHealth])
    await expect(act(platform, 'job-00000000000000000009')).rejects.toMatchObject({ code: 'not_found' })
})
