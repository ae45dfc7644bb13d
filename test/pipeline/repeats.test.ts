import { afterEach, beforeEach, expect, it } from 'vitest'
import { prepareProject, submitSample } from '../support/api.ts'
import { createInstantCompute } from '../support/instant-compute.ts'
import { finished, startTestServer, type TestServer } from '../support/local-server.ts'

let test: TestServer
let compute: ReturnType<typeof createInstantCompute>
beforeEach(async () => {
  test = await startTestServer({
    compute: ({ clock }) => {
      compute = createInstantCompute(clock)
      return compute
    },
  })
  await prepareProject(test)
})
afterEach(() => test.stop())

const submit = (key: string, body: object = { recipe: 'sample' }) =>
  test.request('POST', '/v1/jobs', body, { 'idempotency-key': key })

it('the same key and body give the same job, at once or later, and it runs once', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => submit('k1')))
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
  await finished(test, answers[0]?.body.id)
  const later = await submit('k1')
  expect(later).toMatchObject({ status: 202, body: { id: answers[0]?.body.id, status: 'succeeded' } })
  expect(compute.submitted.filter((job) => job.name.includes('-s0-'))).toHaveLength(1)
})

it('the same key with another body is refused with 422', async () => {
  await submit('k2')
  const other = await submit('k2', { recipe: 'sample', labels: { a: 'b' } })
  expect(other).toMatchObject({ status: 422, body: { type: '/problems/idempotency_mismatch' } })
})

it('a request that was refused does not use its key up', async () => {
  expect((await submit('k3', { recipe: 'absent' })).status).toBe(422)
  expect((await submit('k3')).status).toBe(202)
})

it('many jobs at once share the base evaluation and get versions of their own', async () => {
  const jobs = await Promise.all(Array.from({ length: 6 }, () => submitSample(test)))
  const ended = await Promise.all(jobs.map(({ id }) => finished(test, id)))
  expect(ended.map((job) => job.status)).toEqual(Array(6).fill('succeeded'))
  expect(ended.map((job) => job.model?.version).sort()).toEqual([1, 2, 3, 4, 5, 6])
  expect(new Set(ended.map((job) => job.comparison?.base.evaluation)).size).toBe(1)
  expect(compute.submitted.filter((job) => job.name.startsWith('ev-'))).toHaveLength(7)
})

it('a clone runs on the dataset versions of the original, whatever is newest', async () => {
  const { id } = await submitSample(test)
  await finished(test, id)
  const original = (await test.request('GET', `/v1/jobs/${id}`)).body
  const clone = await test.request('POST', `/v1/jobs/${id}/clone`)
  expect(clone).toMatchObject({
    status: 202,
    body: { cloned_from: id, datasets: original.datasets, recipe: original.recipe },
  })
  expect(await finished(test, clone.body.id)).toMatchObject({ status: 'succeeded' })
})

it('a job cancelled before it starts never starts', async () => {
  const { id } = await submitSample(test)
  const cancelled = await test.request('POST', `/v1/jobs/${id}/cancel`, {})
  expect(cancelled.body.status).toBe('cancelled')
  expect(await finished(test, id)).toMatchObject({ status: 'cancelled' })
  const again = await test.request('POST', `/v1/jobs/${id}/cancel`, {})
  expect(again).toMatchObject({ status: 202, body: { status: 'cancelled' } })
})

it('the history of a job tells every change once, in order', async () => {
  const { id } = await submitSample(test)
  await finished(test, id)
  const { items } = (await test.request('GET', `/v1/jobs/${id}/events?limit=100`)).body
  expect(items.map((event: { status: string }) => event.status)).toEqual([
    'submitted',
    'validating',
    'queued',
    'running',
    'running',
    'running',
    'running',
    'evaluating',
    'gating',
    'succeeded',
  ])
})
