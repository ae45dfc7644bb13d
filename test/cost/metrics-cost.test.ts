import { expect, it } from 'vitest'
import { has } from '../../core/metrics/columns.ts'
import { ingestSegments, segmentKey } from '../../core/metrics/ingest-segments.ts'
import { readChunks } from '../../core/metrics/metric-store.ts'
import { createEventHandler } from '../../functions/lambda/event-handler.ts'
import { deployable } from '../../functions/manifest.ts'
import { createTestPlatform, type TestPlatform } from '../core/support/test-platform.ts'
import { objectCreated } from '../lambda/support/aws-events.ts'
import { documented } from './documented.ts'
import { lambdaBill } from './lambda-bill.ts'
import { metered } from './meter.ts'
import { add, type Bill, type Price, total } from './prices.ts'
import { metricNames, trainingLines } from './training-lines.ts'

const steps = 10_000
const runSeconds = 20_000
const flushSeconds = 60

it('the metrics of 10,000 steps x 20 at 60 s freshness cost at most $0.0025', async () => {
  const bill: Bill = {}
  const platform = createTestPlatform()
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
  const job = 'job-00000000000000000000'
  const folder = `jobs/${job}/stages/0-grpo/attempts/1/metrics/`
  const lines = trainingLines(steps)
  for (let segment = 0; segment < segments; segment++) {
    const from = Math.round((segment * steps) / segments)
    const to = Math.round(((segment + 1) * steps) / segments)
    const key = `${folder}${String(segment).padStart(8, '0')}.jsonl`
    await platform.blobs.put(key, lines.slice(from, to).join(''), 'any')
    add(bill, 's3_put', 1)
    await handle(objectCreated(key), { awsRequestId: `request-${segment}` })
  }
  lambdaBill(bill, deployable('ingest-metrics'), segments)
  add(bill, 'logs_gb', loggedBytes / 1e9)

  expect(await pointsOf(platform, job)).toBe(steps * metricNames.length + (steps - 1))
  expect(total(bill)).toBeLessThanOrEqual(0.0025)
  expect(await documented('metrics of one run')).toBeCloseTo(total(bill), 5)
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

async function pointsOf(platform: TestPlatform, job: string): Promise<number> {
  let points = 0
  for await (const { chunk } of readChunks(platform.metrics, job))
    for (const column of chunk.columns) points += chunk.steps.filter((_, row) => has(column, row)).length
  return points
}
