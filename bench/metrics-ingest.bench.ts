import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBlobs } from '../adapters/embedded/blobs.ts'
import { openDatabase } from '../adapters/embedded/database.ts'
import { createTable } from '../adapters/embedded/table.ts'
import { systemClock } from '../adapters/system/clock.ts'
import { ingestSegments, segmentKey } from '../core/metrics/ingest-segments.ts'
import { getCursor } from '../core/metrics/metric-store.ts'
import type { OpenWatcher } from '../core/metrics/watcher.ts'
import type { Platform } from '../core/platform/ports.ts'
import { trainingLines } from '../test/cost/training-lines.ts'
import { curveLines, type Precision } from './metric-curves.ts'

const steps = 100_000
const columns = 20
const rounds = 5

type Stores = Pick<Platform, 'metrics' | 'blobs'>

/** Segments of one run parsed, named, watched by every detector, encoded and stored in SQLite, by one thread. */
export default async function metricsIngest(): Promise<object> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  try {
    const watcher = await detectors()
    const lines = trainingLines(steps)
    const whole = await best(directory, [lines], watcher.open)
    const unwatched = await best(directory, [lines], undefined)
    const small = await best(directory, inSegments(lines, 30), watcher.open)
    return {
      points: whole.points,
      points_per_second: whole.rate,
      points_per_second_without_detectors: unwatched.rate,
      points_per_second_segments_of_30_steps: small.rate,
      bytes_per_point_grpo: whole.bytesPerPoint,
      bytes_per_point: await density(directory, 'float32', 2000),
      bytes_per_point_30_steps: await density(directory, 'float32', 30),
      bytes_per_point_float32_noise: await density(directory, 'float32 noise', 2000),
      bytes_per_point_float64_noise: await density(directory, 'float64 noise', 2000),
      detectors: watcher.detectors,
      megabytes_per_second: Math.round((whole.rate / whole.points) * (lines.join('').length / 1e6)),
      conditions: `one thread, SQLite in memory, segment on disk, best of ${rounds} passes`,
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function best(directory: string, segments: string[][], open: OpenWatcher | undefined) {
  let result = { rate: 0, points: 0, bytesPerPoint: 0 }
  for (let round = 0; round < rounds; round++) {
    const pass = await ingest(directory, `${segments.length}-${round}/`, segments, open)
    if (pass.rate > result.rate) result = pass
  }
  return result
}

async function ingest(directory: string, folder: string, segments: string[][], open: OpenWatcher | undefined) {
  const platform = createStores(directory)
  for (const [i, lines] of segments.entries()) await platform.blobs.put(segmentKey(folder, i), lines.join(''), 'any')
  const source = { job: 'job-00000000000000000000', stage: 0, attempt: 1 }
  const started = process.cpuUsage()
  const { points } = await ingestSegments(platform, source, folder, { open })
  const { user, system } = process.cpuUsage(started)
  if ((await getCursor(platform.metrics, source)).points !== points) throw new Error('points were lost')
  const bytes = await storedBytes(platform)
  return { points, rate: Math.round(points / ((user + system) / 1e6)), bytesPerPoint: rounded(bytes / points) }
}

async function density(directory: string, precision: Precision, stepsOfSegment: number): Promise<number> {
  const lines = curveLines(10 * stepsOfSegment, columns, precision)
  const folder = `${precision}-${stepsOfSegment}/`
  return (await ingest(directory, folder, inSegments(lines, stepsOfSegment), undefined)).bytesPerPoint
}

async function storedBytes({ metrics }: Stores): Promise<number> {
  let bytes = 0
  let cursor: string | undefined
  do {
    const query = { pk: 'JOB#job-00000000000000000000', sk: { prefix: 'M#' }, limit: 1000 }
    const page = await metrics.query(cursor === undefined ? query : { ...query, cursor })
    for (const item of page.items) bytes += item.bytes?.length ?? 0
    cursor = page.cursor
  } while (cursor !== undefined)
  return bytes
}

function createStores(directory: string): Stores {
  const clock = systemClock
  return {
    metrics: createTable(openDatabase(':memory:'), 'metrics', clock, { publishes: false }),
    blobs: createBlobs({ root: directory, baseUrl: () => 'http://127.0.0.1', signingKey: 'bench', clock }),
  }
}

/** A detector that never ran would make the rate worthless: what they found is counted. */
async function detectors(): Promise<{ detectors: string; open: OpenWatcher | undefined }> {
  const { createEngine } = await import('../core/diagnostics/engine.ts')
  const head = { algorithm: 'grpo', planned_steps: steps, resumed_from_step: 0 }
  const open: OpenWatcher = async ({ stage, attempt }, state) => {
    const engine = createEngine({ stage, attempt, head }, state)
    return {
      async observe(rows, oddities) {
        engine.observe(rows, oddities)
      },
      state: () => engine.state(),
    }
  }
  return { detectors: 'all rules of the diagnosis', open }
}

function inSegments(lines: string[], stepsOfSegment: number): string[][] {
  const count = Math.ceil(lines.length / stepsOfSegment)
  return Array.from({ length: count }, (_, i) => lines.slice(i * stepsOfSegment, (i + 1) * stepsOfSegment))
}

const rounded = (value: number) => Math.round(value * 1000) / 1000
