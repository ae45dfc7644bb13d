import { afterEach, expect, it } from 'vitest'
import { addDataset, prepareProject, submitSample } from '../support/api.ts'
import { createInstantCompute, type Instant } from '../support/instant-compute.ts'
import { finished, startTestServer, type TestServer } from '../support/local-server.ts'
import { jsonl, sampleRecipe, sft, suite } from '../support/sample-project.ts'

let test: TestServer
afterEach(() => test.stop())

async function start(behaviour: Instant = {}) {
  let compute: ReturnType<typeof createInstantCompute> | undefined
  test = await startTestServer({
    compute: ({ clock }) => {
      compute = createInstantCompute(clock, behaviour)
      return compute
    },
  })
  return compute?.submitted ?? []
}

it('preflight fail: the job is refused, the reports are kept, no trainer is started', async () => {
  const submitted = await start()
  await prepareProject(test)
  await addDataset(test, 'sample-sft', jsonl([...sft, ...sft]))
  const { id } = await submitSample(test)

  const job = await finished(test, id)
  expect(job).toMatchObject({ status: 'refused', reason: { code: 'preflight_failed' } })
  expect(job.reason?.evidence.join()).toMatch(/duplicates.*40 of 80 rows repeat an earlier one.*near_duplicates on/)
  expect(job.stages.flatMap((stage) => stage.attempts)).toEqual([])
  expect(submitted).toEqual([])
  const { round1, round2 } = (await test.request('GET', `/v1/jobs/${id}/preflight`)).body
  expect([round1.pass, round2.pass]).toEqual([false, false])
  const resumed = await test.request('POST', `/v1/jobs/${id}/resume`)
  expect(resumed.status).toBe(409)
})

it('every reason is named at once: leak, duplicates, wrong format and configuration', async () => {
  await start()
  await prepareProject(test, { profile: 'prod', weights: { a: 0.9, b: 0.3 } })
  await addDataset(test, 'sample-sft', jsonl([...sft, ...sft, { prompt: suite[0]?.prompt, completion: 'x' }]))
  await addDataset(test, 'sample-prompts', jsonl([{ prompt: 'p', chosen: 'a', rejected: 'b' }]))
  const { id } = await submitSample(test)
  const job = await finished(test, id)
  const named = job.reason?.evidence.map((line) => line.split(' ')[1])
  expect(named).toEqual(
    expect.arrayContaining([
      'eval_leak',
      'duplicates',
      'row_format',
      'min_steps',
      'run_guards',
      'weights',
      'round1_passed',
    ]),
  )
})

it('a gate that is not convinced refuses the model and registers nothing', async () => {
  await start({ answers: (spec, index) => spec.adapter !== undefined && index < 4 })
  await prepareProject(test)
  const { id } = await submitSample(test)
  const job = await finished(test, id)
  expect(job).toMatchObject({
    status: 'refused',
    reason: { code: 'gate_inconclusive' },
    gate: { verdict: 'inconclusive' },
  })
  expect(job.comparison).toMatchObject({ only_candidate_right: 4, verdict: 'inconclusive' })
  expect((await test.request('GET', '/v1/models')).body.items).toEqual([])
})

it('a worse model fails the gate', async () => {
  await start({ answers: (spec) => spec.adapter === undefined })
  await prepareProject(test)
  const { id } = await submitSample(test)
  expect(await finished(test, id)).toMatchObject({
    status: 'refused',
    reason: { code: 'gate_fail' },
    comparison: { verdict: 'worse' },
  })
})

it('a smoke model never reaches production', async () => {
  await start()
  await prepareProject(test, { register: { model: 'sample-model', alias: 'production' } })
  const { id } = await submitSample(test)
  const job = await finished(test, id)
  expect(job).toMatchObject({ status: 'succeeded', model: { version: 1 } })
  expect(job.model).not.toHaveProperty('alias')
  const moved = await test.request('PUT', '/v1/models/sample-model/aliases/production', { version: 1 })
  expect(moved).toMatchObject({ status: 409, body: { type: '/problems/illegal_transition' } })
  expect(moved.body.detail).toMatch(/only prod jobs reach production/)
})

it('a tainted dataset is a warning in smoke', async () => {
  await start()
  await prepareProject(test)
  const upload = await test.request('POST', '/v1/uploads')
  await fetch(upload.body.url, { method: 'PUT', body: jsonl(sft) })
  await test.request('POST', '/v1/datasets/tainted/versions', { upload: upload.body.upload, taint: ['random-labels'] })
  const recipe = sampleRecipe()
  const [first] = recipe.stages
  if (!first) throw new Error('the sample recipe changed')
  await test.request('POST', '/v1/recipes', { ...recipe, stages: [{ ...first, dataset: 'tainted' }] })
  const { id } = await submitSample(test)
  expect(await finished(test, id)).toMatchObject({ status: 'succeeded' })
  const { round1 } = (await test.request('GET', `/v1/jobs/${id}/preflight`)).body
  expect(round1.checks.find((check: { name: string }) => check.name === 'taint')).toMatchObject({ status: 'warn' })
})

it('a compute definition that does not exist is refused by preflight, not discovered by the trainer', async () => {
  test = await startTestServer()
  await prepareProject(test, { resources: { definition: '/bin/sh' } })
  const { id } = await submitSample(test)
  const job = await finished(test, id)
  expect(job).toMatchObject({ status: 'refused', reason: { code: 'preflight_failed' } })
  expect(job.reason?.evidence.join()).toMatch(/free_disk \(\/bin\/sh\): there is no compute definition "\/bin\/sh"/)
})
