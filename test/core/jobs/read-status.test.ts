import { mkdir, writeFile } from 'node:fs/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { listAnomalies } from '../../../core/diagnostics/anomaly-store.ts'
import { concludeAttempt } from '../../../core/jobs/conclude-attempt.ts'
import { diagnoseJob } from '../../../core/jobs/diagnose-job.ts'
import { getJob } from '../../../core/jobs/job-store.ts'
import { syncMetrics } from '../../../core/jobs/sync-metrics.ts'
import { Anomaly } from '../../../schemas/diagnostics.ts'
import { finishTraining } from '../../support/instant-compute.ts'
import { admitted, done, prepared } from '../support/driven-job.ts'
import { ship } from '../support/findings.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
let id: string
let ready: Awaited<ReturnType<typeof prepared>>
beforeEach(async () => {
  platform = createTestPlatform()
  id = (await admitted(platform)).id
  ready = await prepared(platform, id)
})

const say = async (text: string) => {
  await mkdir(ready.folder, { recursive: true })
  await writeFile(`${ready.folder}status.json`, text)
}
const sick = { job_id: 'x', status: 'running', current_step: 7, anomaly_detected: true, anomaly_reason: 'KL explosion' }

describe('what a trainer reports of itself', () => {
  it('is a finding that stops nothing, told once', async () => {
    await say(JSON.stringify(sick))
    await syncMetrics(platform, id)
    await syncMetrics(platform, id)
    const [report, ...more] = await listAnomalies(platform.table, id)
    expect(Anomaly.parse(report)).toMatchObject({
      id: '0.1.trainer_report.7',
      severity: 'medium',
      stops: false,
      message: 'The trainer reports: KL explosion',
    })
    expect(more).toEqual([])
    expect(platform.events().filter(({ type }) => type === 'job.anomaly.v1')).toHaveLength(1)
    expect((await getJob(platform.table, id)).stages[0]?.attempts[0]).not.toHaveProperty('stopped_by')
    expect((await diagnoseJob(platform, id)).anomalies).toEqual([report])
  })

  it('is not counted beside what the points say, and worse', async () => {
    await ship(ready.folder, 0, [1, 2], (step) => ({ total_loss: step === 2 ? 'NaN' : 1 }))
    await say(JSON.stringify(sick))
    await syncMetrics(platform, id)
    expect(await listAnomalies(platform.table, id)).toMatchObject([{ rule: 'non_finite', severity: 'critical' }])
  })

  it('with bare NaN among its newest values is read as well', async () => {
    await say(`${JSON.stringify(sick).slice(0, -1)}, "latest_metrics": {"loss": NaN}}`)
    await syncMetrics(platform, id)
    expect(await listAnomalies(platform.table, id)).toHaveLength(1)
  })

  it('is looked at when the attempt ends, and does not change how it ended', async () => {
    await say(JSON.stringify(sick))
    await finishTraining(ready.spec, ready.folder)
    const exit = { job: id, run: 1, stage: 0, attempt: 1, exit: done }
    expect(await concludeAttempt(platform, exit)).toMatchObject({ decision: 'done' })
    expect(await listAnomalies(platform.table, id)).toHaveLength(1)
  })

  it.each([
    ['nothing is wrong', JSON.stringify({ ...sick, anomaly_detected: false })],
    ['it is no JSON', '{"anomaly_detected": tr'],
    ['it is larger than a status', JSON.stringify({ ...sick, more: 'x'.repeat(70_000) })],
    ['it is empty', ''],
  ])('is nothing when %s', async (_, text) => {
    await say(text)
    await syncMetrics(platform, id)
    expect(await listAnomalies(platform.table, id)).toEqual([])
  })
})
