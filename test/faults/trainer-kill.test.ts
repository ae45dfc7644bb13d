import { afterEach, beforeEach, expect, it } from 'vitest'
import type { RecipeInput } from '../../schemas/recipe.ts'
import { prepareProject, submitSample } from '../support/api.ts'
import { sampleRecipe } from '../support/sample-project.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'
import { trainerPids } from '../support/trainer-processes.ts'

let server: ServerProcess
beforeEach(async () => {
  server = await startServerProcess()
})
afterEach(() => server.stop())

const longStage = (): RecipeInput['stages'] => {
  const [sft] = sampleRecipe().stages
  if (sft?.algorithm !== 'sft') throw new Error('the sample recipe changed')
  return [{ ...sft, steps: 150, save_steps: 5 }]
}
const gate = [{ type: 'no_regression' as const, margin: 0.2 }]

it('kill -9 of the trainer: a new attempt resumes from the last complete checkpoint', async () => {
  await prepareProject(server, { gate, stages: longStage() })
  const { id } = await submitSample(server)
  await server.until(id, (job) => (job.stages[0]?.step ?? 0) >= 10)
  for (const pid of await trainerPids(server.directory)) process.kill(pid, 'SIGKILL')

  const job = await server.until(id, (seen) => seen.status === 'succeeded')
  const attempts = job.stages[0]?.attempts ?? []
  expect(attempts).toMatchObject([
    { number: 1, status: 'failed', exit_code: 137, resumed_from_step: 0 },
    { number: 2, status: 'succeeded', exit_code: 0 },
  ])
  expect(attempts[1]?.resumed_from_step).toBeGreaterThanOrEqual(5)
  const { series } = (await server.request('GET', `/v1/jobs/${id}/metrics?names=total_loss`)).body
  expect(series[0].points.map(([step]: [number]) => step)).toEqual(Array.from({ length: 150 }, (_, i) => i + 1))
})

it('cancel stops the trainer after a checkpoint, and resume goes on from it', async () => {
  await prepareProject(server, { gate, stages: longStage() })
  const { id } = await submitSample(server)
  await server.until(id, (job) => (job.stages[0]?.step ?? 0) >= 7)
  const cancelled = await server.request('POST', `/v1/jobs/${id}/cancel`, { reason: 'lunch' })
  expect(cancelled.body).toMatchObject({ status: 'cancelled', reason: { code: 'cancelled', message: 'lunch' } })
  while ((await trainerPids(server.directory)).length > 0) await new Promise((resolve) => setTimeout(resolve, 50))

  let resumed = await server.request('POST', `/v1/jobs/${id}/resume`)
  while (resumed.status === 503) {
    await new Promise((resolve) => setTimeout(resolve, 200))
    resumed = await server.request('POST', `/v1/jobs/${id}/resume`)
  }
  expect(resumed.body).toMatchObject({ run: 2, status: 'submitted' })
  const job = await server.until(id, (seen) => seen.status === 'succeeded')
  expect(job.stages[0]?.attempts[1]?.resumed_from_step).toBeGreaterThanOrEqual(7)
  expect(job.reason).toBeUndefined()
})

it('cancelled while it is evaluated and resumed at once, a job still succeeds', async () => {
  await prepareProject(server, { gate })
  const { id } = await submitSample(server)
  await server.until(id, (job) => job.status === 'evaluating')
  await server.request('POST', `/v1/jobs/${id}/cancel`, {})
  let resumed = await server.request('POST', `/v1/jobs/${id}/resume`)
  while (resumed.status === 503) {
    await new Promise((resolve) => setTimeout(resolve, 200))
    resumed = await server.request('POST', `/v1/jobs/${id}/resume`)
  }
  const job = await server.until(id, (seen) => seen.status === 'succeeded')
  expect(job).toMatchObject({ run: 2, comparison: { n: 30 } })
})
