// Reads one large segment as ingest does, and says what came of it and how much memory that took.
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { createBlobs } from '../../adapters/embedded/blobs.ts'
import { openDatabase } from '../../adapters/embedded/database.ts'
import { createTable } from '../../adapters/embedded/table.ts'
import { systemClock } from '../../adapters/system/clock.ts'
import { ingestSegments, segmentKey } from '../../core/metrics/ingest-segments.ts'
import { queryMetrics } from '../../core/metrics/query-metrics.ts'
import { createSeriesReader } from '../../core/metrics/series-reader.ts'

const [directory = '', kind = 'rows', megabytes = '60'] = process.argv.slice(2)
const folder = 'jobs/job-00000000000000000001/stages/0-grpo/attempts/1/metrics/'
const source = { job: 'job-00000000000000000001', stage: 0, attempt: 1 }
const ordinary = Array.from({ length: 20 }, (_, i) => `metric_${i}`)

mkdirSync(`${directory}/blobs/${folder}`, { recursive: true })
const file = openSync(`${directory}/blobs/${segmentKey(folder, 0)}`, 'w')
const limit = Number(megabytes) * 2 ** 20
let rows = 0
for (let bytes = 0; bytes < limit; rows++) bytes += writeSync(file, piece(rows))
closeSync(file)

function piece(row: number): string {
  if (kind === 'nul') return '\0'.repeat(65_536)
  if (kind === 'line') return 'x'.repeat(65_536)
  const data = Object.fromEntries(ordinary.map((name, i) => [name, (row % 977) / (i + 3)]))
  return `${JSON.stringify({ step: row + 1, ts: '2026-01-01T00:00:00.000Z', data })}\n`
}

const database = openDatabase(`${directory}/metrics.db`)
const platform = {
  metrics: createTable(database, 'metrics', systemClock, { publishes: false }),
  blobs: createBlobs({ root: `${directory}/blobs`, baseUrl: () => '', signingKey: 'x' }),
}
const before = process.memoryUsage.rss()
const cursor = await ingestSegments(platform, source, folder)
const ingested = process.resourceUsage().maxRSS * 1024
const { series } = await queryMetrics(createSeriesReader(platform), source.job, { names: 'metric_7', buckets: 10 })
database.close()
const { junk_lines, last_step, points } = cursor
const counts = series[0]?.buckets?.count ?? []
console.log(
  JSON.stringify({ rows, cursor: { rows: cursor.rows, junk_lines, last_step, points }, counts, before, ingested }),
)
