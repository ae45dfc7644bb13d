import fc from 'fast-check'
import { ingestSegments, segmentKey } from '../../../core/metrics/ingest-segments.ts'
import type { Source } from '../../../core/metrics/metric-store.ts'
import { createSeriesReader } from '../../../core/metrics/series-reader.ts'
import type { MetricLine } from '../../../schemas/trainer-contract.ts'
import type { TestPlatform } from '../support/test-platform.ts'

export const job = 'job-00000000000000000001'

export interface LoggedAttempt {
  stage: number
  attempt: number
  segments: MetricLine[][]
}

export const folderOf = ({ stage, attempt }: Omit<Source, 'job'>) =>
  `jobs/j/stages/${stage}/attempts/${attempt}/metrics/`

/** Ships the segments of an attempt and reads them. */
export async function log(platform: TestPlatform, { stage, attempt, segments }: LoggedAttempt, first = 0) {
  const folder = folderOf({ stage, attempt })
  for (const [i, lines] of segments.entries()) {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
    await platform.blobs.put(segmentKey(folder, first + i), text, 'any')
  }
  await ingestSegments(platform, { job, stage, attempt }, folder)
}

export const readerOf = (platform: TestPlatform, maxBytes?: number) =>
  createSeriesReader(platform, maxBytes === undefined ? {} : { maxBytes })

export const timeOf = (second: number) => new Date(1_767_225_600_000 + 1000 * second).toISOString()

export const line = (step: number, data: MetricLine['data'] = { m: step }, second = step): MetricLine => ({
  step,
  ts: timeOf(second),
  data,
})

const value: fc.Arbitrary<MetricLine['data'][string]> = fc.oneof(
  { weight: 6, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 3, arbitrary: fc.integer({ min: -1000, max: 1000 }).map((whole) => whole / 8) },
  { weight: 1, arbitrary: fc.constantFrom('NaN' as const, 'Infinity' as const, '-Infinity' as const, 1e308, -1e308) },
)

const lineOf = fc.record({
  step: fc.nat({ max: 40 }),
  ts: fc.nat({ max: 100 }).map(timeOf),
  data: fc.dictionary(fc.constantFrom('a', 'b', 'layer.0/x'), value, {
    minKeys: 1,
    maxKeys: 3,
    noNullPrototype: true,
  }),
})

/** Segments of one attempt, mostly in step order as trainers log. */
const segmentsOf = fc
  .tuple(fc.array(lineOf, { minLength: 1, maxLength: 30 }), fc.boolean(), fc.integer({ min: 1, max: 12 }))
  .map(([lines, isOrdered, size]) => {
    const ordered = isOrdered ? lines.toSorted((a, b) => a.step - b.step) : lines
    const count = Math.ceil(ordered.length / size)
    return Array.from({ length: count }, (_, i) => ordered.slice(i * size, (i + 1) * size))
  })

/** What a job may log: up to three attempts of two stages. */
export const loggedAttempts: fc.Arbitrary<LoggedAttempt[]> = fc
  .uniqueArray(
    fc.record({ stage: fc.nat({ max: 1 }), attempt: fc.integer({ min: 1, max: 3 }), segments: segmentsOf }),
    {
      minLength: 1,
      maxLength: 4,
      selector: ({ stage, attempt }) => 10 * stage + attempt,
    },
  )
  .map((attempts) => attempts.toSorted((a, b) => a.stage - b.stage || a.attempt - b.attempt))
