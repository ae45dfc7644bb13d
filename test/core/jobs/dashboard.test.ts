import { beforeEach, expect, it } from 'vitest'
import { countStatuses, listSummaries } from '../../../core/jobs/dashboard.ts'
import { jobDraft } from '../../../core/jobs/job-store.ts'
import { JobSummary } from '../../../schemas/dashboard.ts'
import { prepareProject, submitSample } from '../support/project.ts'
import { lines, storedJob } from '../support/stored-job.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
beforeEach(async () => {
  platform = createTestPlatform()
  await prepareProject(platform)
  platform.compute.setDefinition({ usdPerHour: 36 })
})

const loss = (step: number) => ({ total_loss: 1 / step })
const all = async (limit = 50) => (await listSummaries(platform, { limit })).items

it('a job in one line: where it is, what it cost so far, why it ended', async () => {
  const health = { score: 50, band: 'warning' as const, critical: 1, high: 0, medium: 0, low: 0 }
  const reason = { code: 'TrainingFailed', message: 'it diverged', evidence: [] }
  await storedJob(platform, [[{ lines: lines(1, 52, loss) }], []], { health, reason })
  const [one] = await all()
  expect(JobSummary.parse(one)).toEqual(one)
  expect(one).toMatchObject({
    kind: 'training',
    status: 'failed',
    recipe: { name: 'sample', version: 1 },
    progress: { stage: 0, stages: 2, algorithm: 'grpo', step: 52, planned_steps: 100, share: 0.26 },
    health,
    cost_usd: 0.51,
    message: 'it diverged',
  })
})

it('a job that trained to its end is read from its record alone', async () => {
  const job = await storedJob(platform, [[{ lines: [] }], [{ lines: [] }]])
  const stages = job.stages.map((stage) => ({ ...stage, status: 'succeeded' as const }))
  await platform.table.put(jobDraft({ ...job, stages, status: 'succeeded' }), 'any')
  platform.metrics.query = () => Promise.reject(new Error('the metrics are not asked'))
  expect((await all())[0]?.progress).toMatchObject({ stage: 1, step: 100, share: 1 })
})

it('an attempt that has logged nothing is where it goes on from', async () => {
  await storedJob(platform, [[{ lines: lines(1, 40, loss) }, { lines: [], resumed_from_step: 30 }]])
  expect((await all())[0]?.progress).toMatchObject({ step: 30, share: 0.3 })
})

it('what trains nothing has no progress, and nothing that was found no health', async () => {
  const job = await submitSample(platform)
  const evaluates = { name: 'm', version: 1, artifact: { key: 'k', manifest_digest: 'a'.repeat(64) } }
  await platform.table.put(jobDraft({ ...job, kind: 'evaluation', stages: [], evaluates }), 'any')
  expect((await all())[0]).toMatchObject({
    kind: 'evaluation',
    progress: null,
    health: null,
    cost_usd: 0,
    message: null,
  })
})

it('comes in pages, newest first, and counts the jobs of a page by status', async () => {
  const ids: string[] = []
  for (let i = 0; i < 3; i++) {
    await platform.clock.advance(1000)
    ids.unshift((await submitSample(platform)).id)
  }
  const first = await listSummaries(platform, { limit: 2 })
  const second = await listSummaries(platform, { limit: 2, cursor: first.cursor })
  expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids)
  expect(second.cursor).toBeUndefined()
  expect(countStatuses(first.items)).toEqual({ submitted: 2 })
})

it('reads one cursor per job at most, and each recipe and definition once', async () => {
  for (let i = 0; i < 5; i++) await storedJob(platform, [[{ lines: lines(1, 3, loss) }]])
  const reads: string[] = []
  const { query } = platform.metrics
  const { get } = platform.table
  platform.metrics.query = (asked) => {
    reads.push('metrics')
    return query(asked)
  }
  platform.table.get = (key) => {
    reads.push(key.pk.split('#')[0] as string)
    return get(key)
  }
  await all()
  expect(reads.filter((what) => what === 'metrics')).toHaveLength(5)
  expect(reads.filter((what) => what === 'RECIPE').length).toBeLessThanOrEqual(1)
})
