import { afterEach, expect, it } from 'vitest'
import { prepareProject, submitSample } from '../support/api.ts'
import { createInstantCompute } from '../support/instant-compute.ts'
import { finished, startTestServer, type TestServer } from '../support/local-server.ts'

let test: TestServer
afterEach(() => test.stop())

it('a job goes from an HTTPS request to a registered model', async () => {
  test = await startTestServer({ compute: ({ clock }) => createInstantCompute(clock) })
  await prepareProject(test)
  const job = await submitSample(test)
  expect(job).toMatchObject({ status: 'submitted', run: 1 })

  const end = await finished(test, job.id)
  expect(end.reason).toBeUndefined()
  expect(end).toMatchObject({
    status: 'succeeded',
    comparison: { n: 30, verdict: 'better', base: { correct: 0 }, candidate: { correct: 30 } },
    gate: { verdict: 'pass' },
    model: { name: 'sample-model', version: 1, alias: 'staging' },
  })
  expect(end.stages.map((stage) => [stage.algorithm, stage.status, stage.step, stage.attempts.length])).toEqual([
    ['sft', 'succeeded', 4, 1],
    ['grpo', 'succeeded', 4, 1],
  ])
  expect(test.logs).toEqual([])
})
