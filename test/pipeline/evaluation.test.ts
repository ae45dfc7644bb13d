import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addDataset, prepareProject, submitSample } from '../support/api.ts'
import { createInstantCompute, type Instant } from '../support/instant-compute.ts'
import { finished, startTestServer, type TestServer } from '../support/local-server.ts'
import { jsonl, sft, suite } from '../support/sample-project.ts'

let test: TestServer
let compute: ReturnType<typeof createInstantCompute>
let answers: NonNullable<Instant['answers']>
let endings: { exitCode: number; reason: string }[]

beforeEach(async () => {
  answers = (spec) => spec.adapter !== undefined
  endings = []
  test = await startTestServer({
    compute: ({ clock }) => {
      compute = createInstantCompute(clock, { answers: (spec, index) => answers(spec, index) })
      const { submit } = compute
      compute.submit = async (job) => {
        const record = await submit(job)
        const ending = job.name.startsWith('ev-') ? endings.shift() : undefined
        if (!ending) return record
        const { describe } = compute
        const ended = { ...record, status: 'failed' as const, exitCode: ending.exitCode, statusReason: ending.reason }
        compute.describe = async (name) => (name === job.name ? ended : describe(name))
        return ended
      }
      return compute
    },
  })
  await prepareProject(test)
  await finished(test, (await submitSample(test)).id)
})
afterEach(() => test.stop())

const evaluate = async (body: object = {}, key?: string) =>
  test.request('POST', '/v1/jobs', { evaluate: 'sample-model@staging', ...body }, key ? { 'idempotency-key': key } : {})
const generations = () => compute.submitted.filter(({ name }) => name.startsWith('ev-'))
const models = async () => (await test.request('GET', '/v1/models/sample-model')).body

describe('evaluating a registered model', () => {
  it('on the suite it was gated on takes the scores that are there, and registers nothing', async () => {
    const [submitted, before] = [compute.submitted.length, await models()]
    const answer = await evaluate()
    expect(answer).toMatchObject({
      status: 202,
      body: { kind: 'evaluation', stages: [], evaluates: { name: 'sample-model', version: 1 }, profile: 'smoke' },
    })
    const job = await finished(test, answer.body.id)
    expect(job).toMatchObject({
      status: 'succeeded',
      comparison: { n: 30, verdict: 'better', candidate: { correct: 30 } },
      gate: { verdict: 'pass' },
    })
    expect(job).not.toHaveProperty('model')
    expect(job).not.toHaveProperty('reason')
    expect(compute.submitted).toHaveLength(submitted)
    expect(await models()).toEqual(before)
    const { items } = (await test.request('GET', `/v1/jobs/${job.id}/events`)).body
    expect(items.map(({ type }: { type: string }) => type)).toEqual([
      'submitted',
      'preflight_started',
      'ticket_issued',
      'evaluation_planned',
      'evaluations_compared',
      'evaluation_passed',
    ])
    expect(test.logs).toEqual([])
  })

  it('on a newer version of its suite asks base and model again', async () => {
    const before = generations().length
    const { body } = await addDataset(test, 'sample-suite', jsonl(suite.slice(5)))
    const job = await finished(test, (await evaluate({ evaluate: 'sample-model@1' })).body.id)
    expect(job).toMatchObject({ status: 'succeeded', datasets: { evaluation: { digest: body.digest } }, comparison: { n: 25 } }) // biome-ignore format: one row
    expect(generations()).toHaveLength(before + 2)
    expect(job.evaluations).toHaveLength(2)
  })

  it('is refused by the gate when the model is not convincing any more', async () => {
    await addDataset(test, 'sample-suite', jsonl(suite.slice(6)))
    answers = (spec) => spec.adapter === undefined
    const job = await finished(test, (await evaluate()).body.id)
    expect(job).toMatchObject({ status: 'refused', reason: { code: 'gate_fail' }, comparison: { verdict: 'worse' } })
    expect((await models()).aliases).toMatchObject([{ alias: 'staging', version: 1 }])
  })

  it('is refused by preflight when the suite holds what the model was trained on', async () => {
    const leaked = { prompt: sft[0]?.prompt, answer: '1' }
    await addDataset(test, 'sample-suite', jsonl([...suite.slice(1), leaked]))
    const job = await finished(test, (await evaluate()).body.id)
    expect(job).toMatchObject({ status: 'refused', reason: { code: 'preflight_failed' } })
    expect(job.reason?.evidence.join()).toMatch(/eval_leak/)
  })

  it('on a dataset of one’s choice is possible, and a clone takes the same', async () => {
    await addDataset(test, 'other-suite', jsonl(suite.slice(2)))
    const { body } = await evaluate({ datasets: { 'sample-suite': 'other-suite' } })
    expect(body.datasets.evaluation.name).toBe('other-suite')
    await finished(test, body.id)
    const clone = await test.request('POST', `/v1/jobs/${body.id}/clone`)
    expect(clone).toMatchObject({
      status: 202,
      body: { kind: 'evaluation', cloned_from: body.id, datasets: body.datasets, evaluates: body.evaluates },
    })
    expect(await finished(test, clone.body.id)).toMatchObject({ status: 'succeeded' })
  })

  it('that fails keeps a failure pack, and is resumed', async () => {
    await addDataset(test, 'sample-suite', jsonl(suite.slice(7)))
    endings = [{ exitCode: 65, reason: 'Essential container in task exited' }]
    const { body } = await evaluate()
    const failed = await finished(test, body.id)
    expect(failed).toMatchObject({ status: 'failed', reason: { code: 'evaluation_failed' } })
    expect(failed.error_message).toMatch(/bad data or configuration/)
    expect((await test.request('GET', `/v1/jobs/${body.id}/failure-pack`)).status).toBe(200)
    expect(await test.request('POST', `/v1/jobs/${body.id}/resume`)).toMatchObject({ status: 202, body: { run: 2 } })
    expect(await finished(test, body.id)).toMatchObject({ status: 'succeeded', run: 2, comparison: { n: 23 } })
  })

  it('can be cancelled, once it is submitted and before it ends', async () => {
    const { body } = await evaluate()
    expect((await test.request('POST', `/v1/jobs/${body.id}/cancel`, {})).body.status).toBe('cancelled')
    expect(await finished(test, body.id)).toMatchObject({ status: 'cancelled' })
  })

  it('with the same key is one job', async () => {
    const [one, two] = [await evaluate({}, 'k'), await evaluate({}, 'k')]
    expect(two.body.id).toBe(one.body.id)
  })
})

it.each([
  [{ evaluate: 'sample-model@7' }, '/evaluate', /has no version 7/],
  [{ evaluate: 'sample-model@production' }, '/evaluate', /has no alias "production"/],
  [{ evaluate: 'sample-model@1', datasets: { 'sample-sft': 'sample-sft' } }, '/datasets/sample-sft', /does not use/],
  [{ evaluate: 'sample-model@1', recipe: 'sample' }, '/recipe', /exactly one of/],
  [{ evaluate: undefined }, '/recipe', /exactly one of/],
  [{ evaluate: 'sample-model' }, '/evaluate', /followed by @/],
])('%j is refused, and says why', async (body, pointer, message) => {
  const { status, body: problem } = await evaluate(body)
  expect(status).toBe(422)
  expect(problem.errors).toMatchObject([{ pointer, message: expect.stringMatching(message) }])
})
