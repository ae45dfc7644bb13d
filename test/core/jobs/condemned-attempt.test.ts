import { describe, expect, it } from 'vitest'
import { concludeAttempt } from '../../../core/jobs/conclude-attempt.ts'
import { resumeJob } from '../../../core/jobs/control-job.ts'
import type { Exit } from '../../../core/jobs/exit-rules.ts'
import { failJob } from '../../../core/jobs/finish-job.ts'
import { getJob } from '../../../core/jobs/job-store.ts'
import { recordFinding } from '../../../core/jobs/record-finding.ts'
import { stopDoomed } from '../../../core/jobs/run-execution.ts'
import { syncAttempt } from '../../../core/jobs/sync-metrics.ts'
import { DiagnosticsConfig } from '../../../schemas/diagnostics.ts'
import type { RecipeInput } from '../../../schemas/recipe.ts'
import { finishTraining, saveCheckpoint } from '../../support/instant-compute.ts'
import { admit, admitted, done, prepared } from '../support/driven-job.ts'
import { finding, ship } from '../support/findings.ts'
import { anybody } from '../support/project.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
let id: string

async function begun(change: Partial<RecipeInput> = {}) {
  platform = createTestPlatform()
  id = (await admitted(platform, change)).id
  const ready = await prepared(platform, id)
  await platform.compute.submit({
    name: ready.launch.name,
    definition: 'tiny-trainer',
    environment: {},
    timeoutSeconds: 60,
  })
  return ready
}

const run = { run: 1, stage: 0, attempt: 1 }
const sync = () => syncAttempt(platform, { job: id, stage: 0, attempt: 1 })
const conclude = (exit: Exit) => concludeAttempt(platform, { job: id, ...run, exit })
const stopping = async () => (await getJob(platform.table, id)).stages[0]?.attempts[0]?.stopped_by
const loss = (step: number) => ({ total_loss: step === 3 ? 'NaN' : 1 / step })

describe('a value that is not finite', () => {
  it('condemns its attempt while it runs; the trainer is stopped, and its job fails with why', async () => {
    const { folder, spec, launch } = await begun()
    await saveCheckpoint(spec, folder, 2)
    await ship(folder, 1, [3], loss)
    await sync()
    expect(await stopping()).toEqual({ anomaly: expect.stringContaining('non_finite'), step: 3 })

    await stopDoomed(platform, { job: id, run: 1 })
    const record = await platform.compute.describe(launch.name)
    expect(record).toMatchObject({
      status: 'failed',
      statusReason: expect.stringMatching(/^stopped by finding 0\.1\.non_finite/),
    })

    const conclusion = await conclude({ code: 143, reason: record?.statusReason ?? '' })
    expect(conclusion).toMatchObject({ decision: 'fail' })
    const { stages, health } = await getJob(platform.table, id)
    expect(stages[0]).toMatchObject({ status: 'failed', attempts: [{ status: 'failed', exit_code: 143 }] })
    expect(stages[0]?.attempts[0]?.reason).toMatch(
      /stopped by diagnostics for what began at step 3: .*total_loss.*NaN.*the checkpoint of step 2 is from before it, and a resume starts there/s,
    )
    expect(health).toMatchObject({ band: 'warning', critical: 1 })
  })

  it('fails the job however the attempt ended, pre-empted or with all its steps', async () => {
    for (const exit of [{ code: 75, reason: '' }, { code: 70, reason: '' }, done]) {
      const { folder, spec } = await begun()
      await finishTraining(spec, folder)
      await ship(folder, 1, [4], () => ({ total_loss: 'NaN' }))
      expect(await conclude(exit)).toMatchObject({
        decision: 'fail',
        reason: expect.stringContaining('stopped by diagnostics'),
      })
    }
  })

  it('is only reported where the recipe observes', async () => {
    const { folder, spec, launch } = await begun({ diagnostics: { mode: 'observe' } })
    await finishTraining(spec, folder)
    await ship(folder, 1, [4], () => ({ total_loss: 'NaN' }))
    await sync()
    await stopDoomed(platform, { job: id, run: 1 })
    expect(await platform.compute.describe(launch.name)).toMatchObject({ status: 'running' })
    expect(await conclude(done)).toMatchObject({ decision: 'done' })
    expect(await getJob(platform.table, id)).toMatchObject({ health: { critical: 1, score: 50 } })
  })
})

it('no trainer is stopped for what is not critical, of another run, or over already', async () => {
  const { launch } = await begun()
  await recordFinding(platform, id, finding({ severity: 'high', stops: false }))
  await stopDoomed(platform, { job: id, run: 1 })
  await recordFinding(platform, id, finding({ step: 9 }))
  await stopDoomed(platform, { job: id, run: 2 })
  expect(await platform.compute.describe(launch.name)).toMatchObject({ status: 'running' })
  await stopDoomed(platform, { job: id, run: 1 })
  await stopDoomed(platform, { job: id, run: 1 })
  expect(await platform.compute.describe(launch.name)).toMatchObject({ status: 'failed' })
})

it('a resume starts before the finding, not from what the stopped trainer saved last', async () => {
  const { folder, spec } = await begun()
  await saveCheckpoint(spec, folder, 2)
  await ship(folder, 1, [3], loss)
  await sync()
  await saveCheckpoint(spec, folder, 3)
  const { reason } = (await conclude({ code: 75, reason: '' })) as { reason: string }
  await failJob(platform, { job: id, run: 1, error: 'stage_failed', cause: JSON.stringify({ errorMessage: reason }) })
  await resumeJob(platform, id, anybody)
  expect(await getJob(platform.table, id)).not.toHaveProperty('health')
  await admit(platform, await getJob(platform.table, id), 2)
  const again = await prepared(platform, id, 0, 2)
  expect(again.spec.resume_from).toMatchObject({ step: 2 })
})

it('a rule that is off finds nothing', async () => {
  const off = DiagnosticsConfig.parse({ non_finite: { enabled: false } })
  const { folder } = await begun({ diagnostics: off })
  await ship(folder, 0, [1, 2, 3], loss)
  await sync()
  expect(await stopping()).toBeUndefined()
})
