import { mkdir, writeFile } from 'node:fs/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { listAnomalies } from '../../core/diagnostics/anomaly-store.ts'
import { concludeAttempt } from '../../core/jobs/conclude-attempt.ts'
import { cancelJob, resumeJob } from '../../core/jobs/control-job.ts'
import { diagnoseJob } from '../../core/jobs/diagnose-job.ts'
import { failJob } from '../../core/jobs/finish-job.ts'
import { getJob, listJobEvents } from '../../core/jobs/job-store.ts'
import { reconcile } from '../../core/jobs/reconcile.ts'
import { recordFinding } from '../../core/jobs/record-finding.ts'
import { startExecution } from '../../core/jobs/run-execution.ts'
import { syncLiveMetrics } from '../../core/jobs/sync-metrics.ts'
import type { BusinessEvent } from '../../core/platform/business-events.ts'
import { recordEvent } from '../../functions/events/record-event.ts'
import { stopJob } from '../../functions/events/stop-job.ts'
import { admit, admitted, done, prepared } from '../core/support/driven-job.ts'
import { finding, ship } from '../core/support/findings.ts'
import { anybody } from '../core/support/project.ts'
import { createTestPlatform, type TestPlatform } from '../core/support/test-platform.ts'
import { finishTraining, saveCheckpoint } from '../support/instant-compute.ts'

let platform: TestPlatform
let id: string
let first: Awaited<ReturnType<typeof prepared>>
beforeEach(async () => {
  platform = createTestPlatform()
  id = (await admitted(platform)).id
  await startExecution(platform, { job: id, run: 1 })
  first = await began(1)
})

async function began(run: number) {
  const ready = await prepared(platform, id, 0, run)
  await platform.compute.submit({
    name: ready.launch.name,
    definition: 'tiny-trainer',
    environment: {},
    timeoutSeconds: 60,
  })
  return ready
}

const sick = (step: number) => ({ total_loss: step === 3 ? 'NaN' : 1 / step })
const trainer = async (attempt = 1) => (await platform.compute.describe(`${id}-s0-a${attempt}`))?.status
const told = () => platform.events().filter(({ type }) => type === 'job.anomaly.v1')
const history = async () => {
  for (const event of platform.events()) if (event.type.startsWith('job.')) await recordEvent(platform, event)
  return (await listJobEvents(platform.table, id, { limit: 1000 })).items.filter(({ type }) => type === 'anomaly_found')
}

/** Steps up to 3, the last of which is NaN, with a checkpoint of step 2. */
async function fellSick({ folder, spec } = first): Promise<BusinessEvent> {
  await saveCheckpoint(spec, folder, 2)
  await ship(folder, 1, [3], sick)
  await syncLiveMetrics(platform)
  const event = told().at(-1)
  if (!event) throw new Error('nothing was told')
  return event
}

/** What the execution does when its trainer has ended. */
async function concludes(run: number, attempt: number, exit = { code: 143, reason: '' }) {
  const conclusion = await concludeAttempt(platform, { job: id, run, stage: 0, attempt, exit })
  if (conclusion.decision !== 'fail') return conclusion
  await failJob(platform, {
    job: id,
    run,
    error: 'stage_failed',
    cause: JSON.stringify({ errorMessage: conclusion.reason }),
  })
  platform.workflows.end(`${id}-${run}`, 'failed')
  return conclusion
}

async function resumed() {
  await resumeJob(platform, id, anybody)
  await startExecution(platform, { job: id, run: 2 })
  await admit(platform, await getJob(platform.table, id), 2)
  return began(2)
}

describe('the event of a finding that stops', () => {
  it('is lost: the reconciler stops the trainer, once, and nothing succeeds', async () => {
    await fellSick()
    expect(await trainer()).toBe('running')
    expect(await reconcile(platform)).toMatchObject([{ kind: 'terminate', computeJob: `${id}-s0-a1` }])
    expect(await trainer()).toBe('failed')
    expect(await reconcile(platform)).toEqual([])
    expect(await concludes(1, 1)).toMatchObject({ decision: 'fail' })
    expect(await getJob(platform.table, id)).toMatchObject({ status: 'failed', stages: [{ status: 'failed' }, {}] })
  })

  it('is lost, and the trainer ends well before anybody looks: it does not succeed either', async () => {
    await fellSick()
    await finishTraining(first.spec, first.folder)
    platform.compute.end(first.launch.name, 0)
    expect(await concludes(1, 1, done)).toMatchObject({
      decision: 'fail',
      reason: expect.stringContaining('stopped by diagnostics'),
    })
  })

  it('comes again and again: one stop, one entry', async () => {
    const event = await fellSick()
    for (let i = 0; i < 3; i++) await stopJob(platform, event)
    const stopped = await platform.compute.describe(first.launch.name)
    await platform.clock.advance(1000)
    await stopJob(platform, event)
    expect(await platform.compute.describe(first.launch.name)).toEqual(stopped)
    expect(await history()).toHaveLength(1)
  })

  it('comes when the job is over, or cancelled: nothing changes', async () => {
    const event = await fellSick()
    await cancelJob(platform, id, 'enough')
    const before = await getJob(platform.table, id)
    await stopJob(platform, event)
    expect(await trainer()).toBe('running')
    await reconcile(platform)
    expect(await trainer()).toBe('failed')
    await stopJob(platform, event)
    expect(await getJob(platform.table, id)).toEqual(before)
  })

  it('comes after a resume: the new trainer runs on', async () => {
    const event = await fellSick()
    await stopJob(platform, event)
    await concludes(1, 1)
    const second = await resumed()
    expect(second.spec.resume_from).toMatchObject({ step: 2 })
    await stopJob(platform, event)
    await stopJob(platform, { ...event, data: { ...event.data, run: 2 } })
    await reconcile(platform)
    expect(await trainer(2)).toBe('running')
    expect((await getJob(platform.table, id)).stages[0]?.attempts[1]).not.toHaveProperty('stopped_by')
    expect((await getJob(platform.table, id)).health).toBeUndefined()
  })

  it('comes before that of the milder finding it grew from: the trainer is stopped, the history is in order', async () => {
    await recordFinding(platform, id, finding({ severity: 'high', stops: false }))
    await recordFinding(platform, id, finding({ last_step: 5 }))
    const [milder, worse] = told() as [BusinessEvent, BusinessEvent]
    await stopJob(platform, worse)
    expect(await trainer()).toBe('failed')
    await stopJob(platform, milder)
    for (const event of [worse, milder]) await recordEvent(platform, event)
    expect((await history()).map(({ data }) => data.severity)).toEqual(['high', 'critical'])
  })
})

describe('a finding', () => {
  it('of a finished attempt is not told again by a diagnosis of the run that follows', async () => {
    await stopJob(platform, await fellSick())
    await concludes(1, 1)
    await resumed()
    const diagnosis = await diagnoseJob(platform, id)
    expect(diagnosis.anomalies).toMatchObject([{ attempt: 1, rule: 'non_finite' }])
    expect(await history()).toHaveLength(1)
    expect((await getJob(platform.table, id)).stages[0]?.attempts[1]).not.toHaveProperty('stopped_by')
  })

  it('of more than the record holds is told once, however often a diagnosis repeats it', async () => {
    for (let step = 1; step <= 220; step++)
      await recordFinding(platform, id, finding({ rule: 'step_stall', severity: 'low', stops: false, step }))
    for (let i = 0; i < 2; i++) await diagnoseJob(platform, id)
    expect(told()).toHaveLength(220)
    expect(await listAnomalies(platform.table, id)).toHaveLength(220)
  })

  it('that was read only when the job was cancelled: what its trainer saved behind it is not resumed from', async () => {
    await saveCheckpoint(first.spec, first.folder, 2)
    await cancelJob(platform, id, 'it looks bad')
    await ship(first.folder, 1, [3], sick)
    await mkdir(`${first.folder}checkpoints/step_4`, { recursive: true })
    await writeFile(`${first.folder}checkpoints/step_4/_COMPLETE`, JSON.stringify({ step: 4, files: {} }))
    platform.compute.end(first.launch.name, 75)
    await reconcile(platform)
    const second = await resumed()
    expect(await listAnomalies(platform.table, id)).toMatchObject([{ rule: 'non_finite', step: 3 }])
    expect(second.spec.resume_from).toMatchObject({ step: 2 })
  })
})
