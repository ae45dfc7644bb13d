import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, it } from 'vitest'
import type { Health } from '../../schemas/diagnostics.ts'
import type { JobEvent, JobView } from '../../schemas/job.ts'
import type { MetricBranch, MetricSeries } from '../../schemas/metrics.ts'
import { prepareProject, submitSample } from '../support/api.ts'
import { sampleRecipe } from '../support/sample-project.ts'
import { createMetricsServer } from './metrics-processes.ts'
import { pointsOf, seeded, segments, sickStep } from './metrics-shipped.ts'

let server: Awaited<ReturnType<typeof createMetricsServer>>
afterEach(() => server?.stop())

it('kill -9 while segments are read, a finding is recorded and metrics are compacted: all is there, once', async () => {
  const random = seeded(20_261_121)
  const some = (most: number) => 1 + Math.floor(random() * most)
  const when = () => (random() < 0.5 ? 'before' : 'after')
  server = await createMetricsServer()
  await server.start()
  const id = await submitted()
  await server.kill()

  for (const [allowed, lives] of [
    [10, 2],
    [18, 1],
  ] as const) {
    // biome-ignore format: a table
    await server.allow(allowed)
    for (let life = 0; life < lives; life++) await server.dies({ what: 'ingest', at: some(3), when: when() })
  }
  await server.allow(25)
  // The event of the record's write, then the finding itself, which is found again.
  await server.dies({ what: 'finding', at: 1, when: 'before' })
  await server.dies({ what: 'finding', at: 1, when: 'after' })
  await server.dies({ what: 'finding', at: 1, when: 'after' })
  await server.allow(45)
  for (let life = 0; life < 3; life++) await server.dies({ what: 'ingest', at: some(6), when: when() })

  await server.allow(segments)
  await server.start({ what: 'compaction', at: 1, when: 'hang' })
  await until(async () => (await get<JobView>(`/v1/jobs/${id}`)).status === 'failed')
  const before = await everything(id)
  expect((await branchesOf(id))[0]).toMatchObject({ compacted: false })
  await server.kill()
  for (const at of [1, 2, 3]) await server.dies({ what: 'compaction', at, when: 'before' })
  // The object is there, then the record too: what is left is to take the mark away.
  await server.dies({ what: 'compaction', at: 1, when: 'after' })

  await server.start()
  await until(async () => openMarks() === 0)
  expect(await everything(id)).toEqual(before)
  expectTruth(before.series)
  expect((await branchesOf(id))[0]).toMatchObject({
    compacted: true,
    segments,
    rows: segments * 25,
    points: segments * 100,
    junk_lines: 1,
    backward_steps: 0,
    type_changes: 0,
    first_step: 1,
    last_step: segments * 25,
  })
  expect(recordedObjects()).toEqual([1])
  await expectFindings(id)
})

async function submitted(): Promise<string> {
  const [sft] = sampleRecipe().stages
  if (sft?.algorithm !== 'sft') throw new Error('the sample recipe changed')
  await prepareProject(server, {
    stages: [{ ...sft, steps: segments * 25, save_steps: 0 }],
    diagnostics: { mode: 'observe' },
    resources: { definition: 'shipper' },
  })
  const { id } = await submitSample(server)
  await until(async () => (await get<JobView>(`/v1/jobs/${id}`)).stages[0]?.attempts[0]?.compute_job !== undefined)
  return id
}

async function get<T>(path: string): Promise<T> {
  const { status, body } = await server.request('GET', path)
  if (status !== 200) throw new Error(JSON.stringify(body))
  return body as T
}

const branchesOf = async (id: string) =>
  (await get<{ branches: MetricBranch[] }>(`/v1/jobs/${id}/metrics/branches`)).branches

/** Points with times, and buckets. */
async function everything(id: string) {
  const { series } = await get<{ series: MetricSeries[] }>(`/v1/jobs/${id}/metrics?times=true`)
  return { series, buckets: (await get<{ series: MetricSeries[] }>(`/v1/jobs/${id}/metrics?buckets=77`)).series }
}

/** Every shipped point, once, in order, to the last bit. */
function expectTruth(series: readonly MetricSeries[]): void {
  const all = Array.from({ length: segments }, (_, segment) => pointsOf(segment)).flat()
  const byName = Map.groupBy(all, ({ name }) => name)
  expect(series.map(({ name }) => name).toSorted()).toEqual([...byName.keys()].toSorted())
  for (const { name, points } of series)
    expect(points).toEqual(byName.get(name)?.map(({ step, value }) => [step, Number.isNaN(value) ? 'NaN' : value]))
}

async function expectFindings(id: string): Promise<void> {
  const { items } = await get<{ items: JobEvent[] }>(`/v1/jobs/${id}/events?limit=200`)
  const told = items
    .filter(({ type }) => type === 'anomaly_found')
    .map(({ data }) => `${data.anomaly} ${data.severity}`)
  expect(new Set(told).size).toBe(told.length)
  expect(new Set(items.map((each) => each.id)).size).toBe(items.length)
  const { anomalies, score, critical } = await get<Health & { anomalies: { id: string; severity: string }[] }>(`/v1/jobs/${id}/health`) // biome-ignore format: one call
  expect(told.toSorted()).toEqual(anomalies.map((each) => `${each.id} ${each.severity}`).toSorted())
  expect(anomalies.map((each) => each.id)).toContain(`0.1.non_finite.${sickStep}`)
  expect([score, critical]).toEqual([45, 1])
  expect((await get<JobView>(`/v1/jobs/${id}`)).health).toMatchObject({ score: 45, critical: 1, low: 1 })
}

/** Rows of the metrics table as they lie there. */
function stored(where: string): { data: string }[] {
  const database = new DatabaseSync(`${server.directory}/sluice.db`, { readOnly: true })
  try {
    return database.prepare(`select data from items where tbl = 'metrics' and ${where}`).all() as { data: string }[]
  } finally {
    database.close()
  }
}

const openMarks = () => stored(`pk = 'COMPACTION'`).length

/** How many objects each record of a compaction names. */
const recordedObjects = () =>
  stored(`sk like 'B#%'`).map(({ data }) => (JSON.parse(data) as { objects: unknown[] }).objects.length)

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 25))
}
