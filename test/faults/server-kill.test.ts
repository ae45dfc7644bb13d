import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JobView } from '../../schemas/job.ts'
import type { MetricSeries } from '../../schemas/metrics.ts'
import { addDataset, prepareProject, submitSample } from '../support/api.ts'
import { jsonl, sampleRecipe } from '../support/sample-project.ts'
import { type ServerProcess, startServerProcess } from '../support/server-process.ts'
import { trainerPids } from '../support/trainer-processes.ts'

let server: ServerProcess
beforeEach(async () => {
  server = await startServerProcess()
})
afterEach(() => server.stop())

const gate = [{ type: 'no_regression' as const, margin: 0.2 }]

async function survivors(id: string): Promise<JobView> {
  const job = await server.until(id, (seen) => seen.status === 'succeeded')
  const { series } = (await server.request('GET', `/v1/jobs/${id}/metrics?names=total_loss`)).body as {
    series: MetricSeries[]
  }
  expect(series.map(({ stage, points }) => [stage, points.map(([step]) => step)])).toEqual(
    job.stages.map((stage) => [stage.index, Array.from({ length: stage.planned_steps }, (_, i) => i + 1)]),
  )
  const events = (await server.request('GET', `/v1/jobs/${id}/events?limit=200`)).body.items as { status: string }[]
  expect(events.filter((event) => event.status === 'succeeded')).toHaveLength(1)
  expect(await trainerPids(server.directory)).toEqual([])
  return job
}

describe('kill -9 of the server', () => {
  it('in preflight: the job goes on and ends once', async () => {
    await prepareProject(server, { gate })
    const many = Array.from({ length: 20_000 }, (_, i) => ({
      prompt: `say ${i} again please for me`,
      completion: `<answer>${i}</answer>`,
    }))
    await addDataset(server, 'sample-sft', jsonl(many))
    const { id } = await submitSample(server)
    await server.until(id, (job) => job.status === 'validating')
    await server.kill()
    await server.start()
    const job = await survivors(id)
    expect(job.stages.map((stage) => stage.attempts.length)).toEqual([1, 1])
  })

  it('in training: the trainer runs on and is adopted, no step is lost or counted twice', async () => {
    const recipe = sampleRecipe()
    const [sft, grpo] = recipe.stages
    if (sft?.algorithm !== 'sft' || !grpo) throw new Error('the sample recipe changed')
    await prepareProject(server, { gate, stages: [{ ...sft, steps: 60, save_steps: 20 }, grpo] })
    const { id } = await submitSample(server)
    await server.until(id, (job) => (job.stages[0]?.step ?? 0) > 0)
    const before = await trainerPids(server.directory)
    expect(before).toHaveLength(1)
    await server.kill()
    expect(await trainerPids(server.directory)).toEqual(before)
    await server.start()
    expect((await trainerPids(server.directory)).length).toBeLessThanOrEqual(1)
    const job = await survivors(id)
    expect(job.stages[0]?.attempts).toMatchObject([{ number: 1, status: 'succeeded' }])
  })

  it('in evaluation: the responses are not asked for twice', async () => {
    await prepareProject(server, { gate })
    const { id } = await submitSample(server)
    await server.until(id, (job) => job.status === 'evaluating')
    await server.kill()
    await server.start()
    const job = await survivors(id)
    expect(job.comparison?.n).toBe(30)
  })

  it('twice in a row, and while the trainer ends with nobody looking', async () => {
    await prepareProject(server, { gate })
    const { id } = await submitSample(server)
    await server.until(id, (job) => job.stages[0]?.status === 'running')
    await server.kill()
    while ((await trainerPids(server.directory)).length > 0) await new Promise((resolve) => setTimeout(resolve, 50))
    await server.start()
    await server.kill()
    await server.start()
    await survivors(id)
  })
})

it('a second server on the data directory is refused, naming the pid of the first', async () => {
  const { startServer } = await import('../../local/server.ts')
  const config = { directory: server.directory, port: 0, maxExecutions: 1, maxTrainers: 1, graceSeconds: 1 }
  await expect(startServer(config, () => {})).rejects.toThrow(/in use by the server with pid \d+/)
  expect((await server.request('GET', '/healthz')).status).toBe(200)
})
