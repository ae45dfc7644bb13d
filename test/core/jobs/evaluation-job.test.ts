import { beforeEach, describe, expect, it } from 'vitest'
import { cancelJob } from '../../../core/jobs/control-job.ts'
import { gateJob } from '../../../core/jobs/evaluate-job.ts'
import { refuseJob, registerModel } from '../../../core/jobs/finish-job.ts'
import { getJob } from '../../../core/jobs/job-store.ts'
import { submitJob } from '../../../core/jobs/submit-job.ts'
import { viewJob } from '../../../core/jobs/view-job.ts'
import { getModel } from '../../../core/registry/model-store.ts'
import { type Job, JobView } from '../../../schemas/job.ts'
import { jsonl, suite } from '../../support/sample-project.ts'
import { admit, admitted, evaluated, trained } from '../support/driven-job.ts'
import { addDataset, anybody } from '../support/project.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
let job: Job
const of = (each: Job) => ({ job: each.id, run: 1 })
const versions = async () => (await getModel(platform.table, 'sample-model')).versions

beforeEach(async () => {
  platform = createTestPlatform()
  const training = await admitted(platform)
  await trained(platform, training)
  await evaluated(platform, training)
  await gateJob(platform, of(training))
  await registerModel(platform, of(training))
  await addDataset(platform, 'sample-suite', jsonl(suite.slice(3)))
  job = await submitJob(platform, { evaluate: 'sample-model@staging', datasets: {}, labels: {} }, anybody)
})

/** Up to the gate; the model is right on items below `right`. */
async function evaluatedUpTo(right: number): Promise<void> {
  await admit(platform, job)
  await evaluated(platform, job, ({ adapter }, index) => adapter !== undefined && index < right)
}

describe('a job that evaluates a registered model', () => {
  it('pins the version that the alias means now, its recipe, its base model and what it was trained on', async () => {
    const [version] = await versions()
    expect(job).toMatchObject({
      kind: 'evaluation',
      evaluates: { name: 'sample-model', version: 1, artifact: version?.artifact },
      recipe: version?.recipe,
      base_model: version?.base_model,
      datasets: { stages: version?.datasets, evaluation: { name: 'sample-suite', rows: 27 } },
      stages: [],
    })
    const view = await viewJob(platform, job.id)
    expect(JobView.parse(view)).toEqual(view)
  })

  it('succeeds when the gate of its recipe passes, registers nothing, and says the same to every repeat', async () => {
    await evaluatedUpTo(27)
    const before = await versions()
    for (let repeat = 0; repeat < 3; repeat++)
      expect(await gateJob(platform, of(job))).toEqual({ verdict: 'pass', register: false })
    expect(await getJob(platform.table, job.id)).toMatchObject({ status: 'succeeded', comparison: { n: 27 } })
    expect(await versions()).toEqual(before)
    const told = platform.events().filter(({ subject, type }) => subject === job.id && type === 'job.finished.v1')
    expect(told.map(({ data }) => data)).toMatchObject([
      { status: 'succeeded', evaluates: 'sample-model@1', verdict: 'pass', comparison: 'better' },
    ])
  })

  it('at once by two ends once', async () => {
    await evaluatedUpTo(27)
    const both = await Promise.all([gateJob(platform, of(job)), gateJob(platform, of(job))])
    expect(both).toEqual(Array(2).fill({ verdict: 'pass', register: false }))
  })

  it('is refused when the gate does not pass', async () => {
    await evaluatedUpTo(2)
    expect(await gateJob(platform, of(job))).toEqual({ verdict: 'inconclusive', register: false })
    expect(await refuseJob(platform, { ...of(job), by: 'gate' })).toEqual({ code: 'gate_inconclusive' })
    const told = platform.events().at(-1)
    expect(told).toMatchObject({ type: 'job.finished.v1', data: { verdict: 'inconclusive', status: 'refused' } })
  })

  it('waits for two evaluations, and may be cancelled while it does', async () => {
    await evaluatedUpTo(27)
    expect((await getJob(platform.table, job.id)).evaluations).toHaveLength(2)
    expect(await cancelJob(platform, job.id, 'enough')).toMatchObject({ status: 'cancelled' })
    await expect(gateJob(platform, of(job))).rejects.toMatchObject({ code: 'illegal_transition' })
  })
})
