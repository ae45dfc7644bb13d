import { expect, it } from 'vitest'
import { gateJob } from '../../core/jobs/evaluate-job.ts'
import { registerModel } from '../../core/jobs/finish-job.ts'
import { admitted, evaluated, trained } from '../core/support/driven-job.ts'
import { createTestApi, problemOf } from './support/test-api.ts'

async function apiWithModel() {
  const api = createTestApi()
  const job = await admitted(api.platform)
  await trained(api.platform, job)
  await evaluated(api.platform, job)
  await gateJob(api.platform, { job: job.id, run: 1 })
  await registerModel(api.platform, { job: job.id, run: 1 })
  return api
}

it('the logs of a job that evaluates are refused with where its replies are, not with attempts that it never has', async () => {
  const api = await apiWithModel()
  const { body: job } = await api.call('POST', '/v1/jobs', { body: { evaluate: 'sample-model@staging' } })
  for (const query of ['', '?stage=0', '?attempt=1']) {
    const problem = problemOf(await api.call('GET', `/v1/jobs/${job.id}/logs${query}`))
    expect(problem).toMatchObject({ status: 404, detail: expect.stringContaining('sluice evaluations responses') })
  }
})

it('an alias is no number, so that model@7 is never two things', async () => {
  const api = await apiWithModel()
  const move = (alias: string) =>
    api.call('PUT', `/v1/models/sample-model/aliases/${alias}`, { body: { version: 1, from: null } })
  expect(problemOf(await move('7')).errors).toMatchObject([{ pointer: '/path/alias' }])
  expect((await move('v7')).status).toBe(200)
})
