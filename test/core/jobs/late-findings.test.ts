import { beforeEach, describe, expect, it } from 'vitest'
import { listAnomalies } from '../../../core/diagnostics/anomaly-store.ts'
import { concludeAttempt } from '../../../core/jobs/conclude-attempt.ts'
import { cancelJob } from '../../../core/jobs/control-job.ts'
import { getJob } from '../../../core/jobs/job-store.ts'
import { recordFinding } from '../../../core/jobs/record-finding.ts'
import { finishTraining } from '../../support/instant-compute.ts'
import { admitted, done, prepared } from '../support/driven-job.ts'
import { finding } from '../support/findings.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
let id: string
let first: Awaited<ReturnType<typeof prepared>>
beforeEach(async () => {
  platform = createTestPlatform()
  id = (await admitted(platform)).id
  first = await prepared(platform, id)
})

const conclude = (exit = done) => concludeAttempt(platform, { job: id, run: 1, stage: 0, attempt: 1, exit })
const preempted = { code: 75, reason: '' }
const told = () => platform.events().filter(({ type }) => type === 'job.anomaly.v1')
const marks = async () =>
  (await getJob(platform.table, id)).stages.flatMap(({ attempts }) => attempts.flatMap((each) => each.stopped_by ?? []))

describe('a finding that comes late', () => {
  it('is part of the health of a job that is over, changes nothing else of its record, and is told nobody', async () => {
    await cancelJob(platform, id, 'not needed')
    const before = await getJob(platform.table, id)
    await recordFinding(platform, id, finding())
    const { findings, health, ...rest } = await getJob(platform.table, id)
    expect(rest).toEqual(before)
    expect(findings).toEqual([`${finding().id}:critical`])
    expect(health).toMatchObject({ score: 50, critical: 1 })
    expect(told()).toEqual([])
    expect(await listAnomalies(platform.table, id)).toEqual([finding()])
  })

  it('stops no attempt that has ended, and not the one after it', async () => {
    await conclude(preempted)
    await recordFinding(platform, id, finding())
    expect(await marks()).toEqual([])
    await prepared(platform, id)
    await recordFinding(platform, id, finding({ rule: 'non_finite' }))
    expect(await marks()).toEqual([])
  })

  it('stops no attempt of another stage', async () => {
    await finishTraining(first.spec, first.folder)
    await conclude()
    await prepared(platform, id, 1)
    await recordFinding(platform, id, finding())
    expect(await marks()).toEqual([])
    await recordFinding(platform, id, finding({ stage: 1 }))
    expect(await marks()).toEqual([{ anomaly: '1.1.kl_explosion.3', step: 3 }])
  })
})

it('health is of the newest attempt: what the one before suffered from is over once another is ready', async () => {
  await recordFinding(platform, id, finding({ severity: 'high', stops: false }))
  expect(await getJob(platform.table, id)).toMatchObject({ health: { high: 1 } })
  await conclude(preempted)
  await prepared(platform, id)
  expect(await getJob(platform.table, id)).toMatchObject({ health: { high: 0, score: 100 } })
  await recordFinding(platform, id, finding({ attempt: 2, severity: 'medium', stops: false }))
  expect(await getJob(platform.table, id)).toMatchObject({ health: { high: 0, medium: 1 } })
})

it('what stops its second attempt fails a job as what stops the first does', async () => {
  await conclude(preempted)
  await prepared(platform, id)
  await recordFinding(platform, id, finding({ attempt: 2 }))
  expect(await marks()).toEqual([{ anomaly: '0.2.kl_explosion.3', step: 3 }])
  const second = { job: id, run: 1, stage: 0, attempt: 2, exit: preempted }
  const conclusion = await concludeAttempt(platform, second)
  expect(conclusion).toMatchObject({ decision: 'fail', reason: expect.stringMatching(/attempt 2 was stopped.*Halve/) })
})
