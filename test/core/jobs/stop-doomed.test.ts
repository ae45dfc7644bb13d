import { beforeEach, describe, expect, it } from 'vitest'
import { concludeAttempt } from '../../../core/jobs/conclude-attempt.ts'
import { cancelJob } from '../../../core/jobs/control-job.ts'
import { recordFinding } from '../../../core/jobs/record-finding.ts'
import { startExecution, stopDoomed, stopExecution } from '../../../core/jobs/run-execution.ts'
import { getCursor } from '../../../core/metrics/metric-store.ts'
import { stopJob } from '../../../functions/events/stop-job.ts'
import { deployable } from '../../../functions/manifest.ts'
import { restrictTo } from '../../../functions/restrict-platform.ts'
import { admitted, prepared } from '../support/driven-job.ts'
import { finding, ship } from '../support/findings.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
let id: string
let name: string
let folder: string
let terminated: string[]
beforeEach(async () => {
  const plain = createTestPlatform()
  terminated = []
  const terminate: typeof plain.compute.terminate = async (job, reason) => {
    terminated.push(reason)
    return plain.compute.terminate(job, reason)
  }
  platform = { ...plain, compute: { ...plain.compute, terminate } }
  id = (await admitted(platform)).id
  await startExecution(platform, { job: id, run: 1 })
  const ready = await prepared(platform, id)
  folder = ready.folder
  name = ready.launch.name
  const { definition } = ready.launch
  await platform.compute.submit({ name, definition, environment: {}, timeoutSeconds: 60 })
})

const doom = () => stopDoomed(platform, { job: id, run: 1 })

describe('a trainer whose attempt is condemned', () => {
  it('is told to stop once, however often one hears of it', async () => {
    await recordFinding(platform, id, finding())
    await doom()
    await doom()
    expect(terminated).toEqual(['stopped by finding 0.1.kl_explosion.3'])
  })

  it('is left to who ends the job when that is over already', async () => {
    await recordFinding(platform, id, finding())
    await cancelJob(platform, id, 'not needed')
    await doom()
    expect(terminated).toEqual([])
  })

  it('is left to the reconciler when its attempt is concluded already', async () => {
    await recordFinding(platform, id, finding())
    await concludeAttempt(platform, { job: id, run: 1, stage: 0, attempt: 1, exit: { code: 70, reason: '' } })
    await doom()
    expect(terminated).toEqual([])
  })
})

it('what a cancelled trainer logged last is read once it has stopped', async () => {
  await ship(folder, 0, [1, 2], (step) => ({ total_loss: step }))
  await cancelJob(platform, id, 'not needed')
  await stopExecution(platform, { job: id, run: 1 })
  expect(terminated).toHaveLength(1)
  expect(await getCursor(platform.metrics, { job: id, stage: 0, attempt: 1 })).toMatchObject({ rows: 2 })
})

it('the event of a finding stops the trainer and leaves the execution, which concludes; that of an end stops both', async () => {
  const restricted = restrictTo(platform, deployable('stop-job'))
  const execution = async () => (await platform.workflows.describe(`${id}-1`))?.status
  const hear = async (type: string) => {
    for (const event of platform.events()) if (event.type === type) await stopJob(restricted, event)
  }
  await recordFinding(platform, id, finding({ severity: 'high', stops: false }))
  await hear('job.anomaly.v1')
  expect(terminated).toEqual([])
  await recordFinding(platform, id, finding())
  await hear('job.anomaly.v1')
  expect([terminated.length, await execution()]).toEqual([1, 'running'])
  await cancelJob(platform, id, 'not needed')
  await hear('job.finished.v1')
  expect(await execution()).not.toBe('running')
})
