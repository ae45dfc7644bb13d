import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { cancelJob } from '../../core/jobs/control-job.ts'
import { metricsFolder } from '../../core/jobs/ingest-attempt.ts'
import { getJob } from '../../core/jobs/job-store.ts'
import { observeCompute } from '../../core/jobs/observe-compute.ts'
import { startExecution, stopExecution } from '../../core/jobs/run-execution.ts'
import { has } from '../../core/metrics/columns.ts'
import { listOpen } from '../../core/metrics/compact-marker.ts'
import { listRecords } from '../../core/metrics/compact-record.ts'
import { ingestSegments, segmentKey } from '../../core/metrics/ingest-segments.ts'
import { readChunks } from '../../core/metrics/metric-store.ts'
import { scheduled } from '../../functions/events/consumers.ts'
import { createEventHandler } from '../../functions/lambda/event-handler.ts'
import { deployable } from '../../functions/manifest.ts'
import type { Stage } from '../../schemas/job.ts'
import { admitted, prepared } from '../core/support/driven-job.ts'
import { createTestPlatform, type TestPlatform } from '../core/support/test-platform.ts'
import { objectCreated } from '../lambda/support/aws-events.ts'
import { sampleRecipe } from '../support/sample-project.ts'
import { documented } from './documented.ts'
import { lambdaBill } from './lambda-bill.ts'
import { metered } from './meter.ts'
import { add, type Bill, type Price, total } from './prices.ts'
import { metricNames, trainingLines } from './training-lines.ts'

const steps = 10_000
const runSeconds = 20_000
const flushSeconds = 60
const everySeconds = 300

it('the metrics of 10,000 steps x 20 at 60 s freshness cost at most $0.0025, their one object at the end included', async () => {
  const bill: Bill = {}
  const looks: Bill = {}
  const platform = createTestPlatform()
  const { job, folder } = await running(platform)
  let loggedBytes = 0
  const handle = createEventHandler({
    name: 'ingest-metrics',
    stage: 'cost',
    platform: metered(platform, bill),
    write: (line) => {
      loggedBytes += line.length + 1
    },
  })
  const segments = Math.ceil(runSeconds / flushSeconds)
  const lines = trainingLines(steps)
  for (let segment = 0; segment < segments; segment++) {
    const from = Math.round((segment * steps) / segments)
    const to = Math.round(((segment + 1) * steps) / segments)
    const key = segmentKey(folder, segment)
    await platform.blobs.put(key, lines.slice(from, to).join(''), 'any')
    add(bill, 's3_put', 1)
    await handle(objectCreated(key), { awsRequestId: randomUUID() })
    await platform.clock.advance(flushSeconds * 1000)
    if ((segment * flushSeconds) % everySeconds === 0) await tick(platform, bill, looks)
  }
  lambdaBill(bill, deployable('ingest-metrics'), segments)
  add(bill, 'logs_gb', loggedBytes / 1e9)
  expect(await pointsOf(platform, job)).toBe(steps * metricNames.length + (steps - 1))

  await cancelJob(platform, job, 'the end')
  await stopExecution(platform, { job, run: 1 })
  // The first settles the job; the second makes the object and finds the mark that it takes away.
  for (const _ of ['settled', 'compacted']) await tick(platform, bill, looks)
  expect(await Array.fromAsync(listOpen(platform.metrics))).toEqual([])
  const { done, objects, cursor } = (await listRecords(platform.metrics, job))[0] ?? {}
  expect({ done, points: cursor?.points }).toEqual({ done: true, points: steps * metricNames.length + (steps - 1) })
  expect(objects).toHaveLength(1)

  expect(total(bill)).toBeLessThanOrEqual(0.0025)
  expect(await documented('metrics of one run')).toBeCloseTo(total(bill), 5)
  expect(await documented('looks at a job that runs')).toBeCloseTo(total(looks) / (runSeconds / 3600), 5)
})

it('a chunk of 30 steps x 20 metrics with 400 bytes of its watcher’s is two write units, and read with one', async () => {
  const bill: Bill = {}
  const platform = createTestPlatform()
  const counted = metered(platform, bill)
  const source = { job: 'job-00000000000000000000', stage: 0, attempt: 1 }
  const folder = `jobs/${source.job}/stages/0-grpo/attempts/1/metrics/`
  const state = Uint8Array.from({ length: 400 }, (_, i) => (i * i * 7919 + (i >> 3) * 31) % 251)
  const open = async () => ({ observe: async () => {}, state: () => state })
  const lines = trainingLines(1200)
  const [key, expiresAt] = [(segment: number) => segmentKey(folder, segment), 4_000_000_000]
  await platform.blobs.put(key(0), lines.slice(0, 30).join(''), 'any')
  await ingestSegments(counted, source, folder, { open, expiresAt, last: 0 })
  for (let segment = 1; segment < 40; segment++) {
    await platform.blobs.put(key(segment), lines.slice(30 * segment, 30 * (segment + 1)).join(''), 'any')
    const before = { ...bill }
    await ingestSegments(counted, source, folder, { open, expiresAt, last: segment })
    const units = (price: Price) => (bill[price] ?? 0) - (before[price] ?? 0)
    expect([segment, units('dynamodb_write_unit'), units('dynamodb_read_unit')]).toEqual([segment, 2, 1])
    expect(units('s3_get')).toBe(1)
  }
})

/** A job whose trainer runs. */
async function running(platform: TestPlatform) {
  const { id: job } = await admitted(platform, { stages: sampleRecipe().stages.slice(1) })
  await startExecution(platform, { job, run: 1 })
  const { launch, attempt } = await prepared(platform, job)
  const { name, definition, timeoutSeconds } = launch
  await platform.compute.submit({ name, definition, timeoutSeconds, environment: {} })
  await observeCompute(platform, name)
  const stage = (await getJob(platform.table, job)).stages[0] as Stage
  return { job, folder: metricsFolder(job, stage, attempt) }
}

/** The clock's functions once. What makes an object is of the metrics' cost; the rest is looking whether there is something to do. */
async function tick(platform: TestPlatform, bill: Bill, looks: Bill): Promise<void> {
  const own: Bill = {}
  for (const run of Object.values(scheduled)) await run(metered(platform, own))
  const made = own.s3_put !== undefined
  for (const [price, units] of Object.entries(own)) add(made ? bill : looks, price as Price, units)
}

async function pointsOf(platform: TestPlatform, job: string): Promise<number> {
  let points = 0
  for await (const { chunk } of readChunks(platform.metrics, job))
    for (const column of chunk.columns) points += chunk.steps.filter((_, row) => has(column, row)).length
  return points
}
