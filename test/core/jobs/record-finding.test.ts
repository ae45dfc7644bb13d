import { beforeEach, describe, expect, it } from 'vitest'
import { listAnomalies } from '../../../core/diagnostics/anomaly-store.ts'
import { getJob, listJobEvents } from '../../../core/jobs/job-store.ts'
import { recordJobEvent } from '../../../core/jobs/record-event.ts'
import { recordFinding } from '../../../core/jobs/record-finding.ts'
import { Job } from '../../../schemas/job.ts'
import { Crash, crashing } from '../support/crashing.ts'
import { admitted, prepared } from '../support/driven-job.ts'
import { finding } from '../support/findings.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
let id: string
beforeEach(async () => {
  platform = createTestPlatform()
  id = (await admitted(platform)).id
  await prepared(platform, id)
})

const told = () => platform.events().filter(({ type }) => type === 'job.anomaly.v1')
const high = finding({ severity: 'high', stops: false })

describe('a finding', () => {
  it('is kept, said on the record with the health it leaves, and told once', async () => {
    await recordFinding(platform, id, high)
    await recordFinding(platform, id, high)
    const job = await getJob(platform.table, id)
    expect(job).toMatchObject({
      status: 'running',
      findings: [`${high.id}:high`],
      health: { score: 70, band: 'warning', critical: 0, high: 1, medium: 0, low: 0 },
    })
    expect(Job.parse(job)).toEqual(job)
    expect(await listAnomalies(platform.table, id)).toEqual([high])
    expect(told()).toHaveLength(1)
    expect(told()[0]?.data).toMatchObject({ anomaly: high.id, severity: 'high', stops: false, stage: 0, attempt: 1 })
  })

  it('that gets worse is told again, and one that a slower pass repeats is not', async () => {
    await recordFinding(platform, id, high)
    const worse = finding({ last_step: 5 })
    await recordFinding(platform, id, worse)
    await recordFinding(platform, id, high)
    const job = await getJob(platform.table, id)
    expect(job.findings).toEqual([`${high.id}:critical`])
    expect(job.health).toMatchObject({ score: 50, critical: 1, high: 0 })
    expect(await listAnomalies(platform.table, id)).toEqual([worse])
    expect(told().map(({ data }) => data.severity)).toEqual(['high', 'critical'])
  })

  it('that stops its attempt marks it, the first one for good', async () => {
    await recordFinding(platform, id, finding({ step: 7 }))
    await recordFinding(platform, id, finding({ rule: 'non_finite', step: 3 }))
    const [attempt] = (await getJob(platform.table, id)).stages[0]?.attempts ?? []
    expect(attempt?.stopped_by).toEqual({ anomaly: '0.1.kl_explosion.7', step: 7 })
  })

  it('that only reports marks nothing', async () => {
    await recordFinding(platform, id, finding({ stops: false }))
    expect((await getJob(platform.table, id)).stages[0]?.attempts[0]).not.toHaveProperty('stopped_by')
  })

  it('stands in the history with its id, for whoever streams it', async () => {
    await recordFinding(platform, id, high)
    for (const event of told()) await recordJobEvent(platform, event)
    const { items } = await listJobEvents(platform.table, id, { limit: 100 })
    expect(items.at(-1)).toMatchObject({
      type: 'anomaly_found',
      status: 'running',
      message: `high kl_explosion: ${high.message}`,
      data: { run: 1, anomaly: high.id, severity: 'high' },
    })
  })

  it('of an owner without a record is kept all the same', async () => {
    await recordFinding(platform, 'run-0123456789abcdef0123456789abcdef', high)
    expect(await listAnomalies(platform.table, 'run-0123456789abcdef0123456789abcdef')).toEqual([high])
    expect(told()).toEqual([])
  })

  it.each([
    [1, 'lost'],
    [1, 'done'],
    [2, 'lost'],
    [2, 'done'],
  ] as const)('survives a death at write %i, %s: the next pass says and keeps it', async (at, effect) => {
    const dying = { ...platform, ...crashing(platform, { at, effect }) }
    await expect(recordFinding(dying, id, high)).rejects.toBeInstanceOf(Crash)
    await recordFinding(platform, id, high)
    expect(await listAnomalies(platform.table, id)).toEqual([high])
    expect((await getJob(platform.table, id)).findings).toEqual([`${high.id}:high`])
    expect(told()).toHaveLength(1)
  })

  it('found by two passes at once is told once', async () => {
    await Promise.all(Array.from({ length: 8 }, () => recordFinding(platform, id, high)))
    expect(told()).toHaveLength(1)
    expect(await listAnomalies(platform.table, id)).toEqual([high])
  })
})

it('the record holds the newest 200 findings', async () => {
  for (let step = 1; step <= 205; step++)
    await recordFinding(platform, id, finding({ rule: 'data_quality', severity: 'low', stops: false, step }))
  const { findings = [], health } = await getJob(platform.table, id)
  expect(findings).toHaveLength(200)
  expect(findings.at(-1)).toBe('0.1.data_quality.205:low')
  expect(health?.score).toBe(0)
  expect(await listAnomalies(platform.table, id)).toHaveLength(205)
})
