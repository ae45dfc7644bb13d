import { expect, it } from 'vitest'
import { queryMetrics } from '../../core/metrics/query-metrics.ts'
import { createEventHandler } from '../../functions/lambda/event-handler.ts'
import { deployable } from '../../functions/manifest.ts'
import { createTestPlatform } from '../core/support/test-platform.ts'
import { objectCreated } from '../lambda/support/aws-events.ts'
import { documented } from './documented.ts'
import { lambdaBill } from './lambda-bill.ts'
import { metered } from './meter.ts'
import { add, type Bill, total } from './prices.ts'
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

  const series = await queryMetrics(platform, job, {})
  expect(series.map(({ name }) => name).sort()).toEqual([...metricNames].sort())
  expect(series.every(({ points }) => points.length === steps)).toBe(true)
  expect(total(bill)).toBeLessThanOrEqual(0.0025)
  expect(await documented('metrics of one run')).toBeCloseTo(total(bill), 5)
})
