import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBlobs } from '../adapters/embedded/blobs.ts'
import { openDatabase } from '../adapters/embedded/database.ts'
import { createTable } from '../adapters/embedded/table.ts'
import { compactAttempt } from '../core/metrics/compact-attempt.ts'
import { ingestSegments, segmentKey } from '../core/metrics/ingest-segments.ts'
import { queryMetrics } from '../core/metrics/query-metrics.ts'
import { createSeriesReader, type SeriesReader } from '../core/metrics/series-reader.ts'
import type { Platform } from '../core/platform/ports.ts'
import { percentile } from './percentile.ts'

const steps = 50_000
const rowsPerSegment = 30
const names = Array.from({ length: 20 }, (_, i) => `metric_${String(i).padStart(2, '0')}`)
const runs = 60
const job = 'job-00000000000000000001'
const source = { job, stage: 0, attempt: 1 }
const folder = `jobs/${job}/stages/0/attempts/1/metrics/`

/** 500 buckets of one metric and of six over random ranges, from chunks and from the compacted object. */
export default async function metricsQuery(): Promise<object> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  try {
    return await measure(openPlatform(directory))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function measure(platform: Pick<Platform, 'metrics' | 'blobs'>): Promise<object> {
  await fill(platform)
  const open = () => createSeriesReader(platform)
  const random = createRandom()

  const coldLive = await times(5, async () => ask(open(), random(), 1))
  const live = open()
  await ask(live, random(), 20)
  const warmLive = await times(runs, () => ask(live, random(), 1))
  const warmLiveSix = await times(runs, () => ask(live, random(), 6))
  await compactAttempt(platform, source, folder)
  const cold = await times(runs, () => ask(open(), random(), 1))
  const coldSix = await times(runs, () => ask(open(), random(), 6))
  const compacted = open()
  const warm = await times(runs, () => ask(compacted, random(), 1))
  const p95 = (values: readonly number[]) => percentile(values, 0.95)
  return {
    points: steps * names.length,
    p50_ms: Math.max(percentile(warmLive, 0.5), percentile(cold, 0.5)),
    p95_ms: Math.max(p95(warmLive), p95(cold)),
    six_p95_ms: Math.max(p95(warmLiveSix), p95(coldSix)),
    cold_live_ms: percentile(coldLive, 0.5),
    warm_live_p95_ms: p95(warmLive),
    cold_compacted_p95_ms: p95(cold),
    warm_compacted_p95_ms: p95(warm),
    conditions: `SQLite and file blobs, ${steps} steps in chunks of ${rowsPerSegment} rows, 500 buckets of random ranges, ${runs} runs each`,
  }
}

async function ask(reader: SeriesReader, random: number, metrics: number): Promise<void> {
  const from = Math.floor(random * steps * 0.8)
  const first = Math.floor(random * (names.length - metrics + 1))
  const { series } = await queryMetrics(reader, job, {
    names: names.slice(first, first + metrics),
    start_step: from,
    end_step: from + Math.floor(steps * 0.2 + random * (steps - from) * 0.8),
    buckets: 500,
  })
  if (series.length !== metrics || series[0]?.buckets?.from.length !== 500)
    throw new Error(`an answer has ${series.length} series, ${series[0]?.buckets?.from.length} buckets`)
}

async function times(count: number, act: () => Promise<void>): Promise<number[]> {
  const taken: number[] = []
  for (let i = 0; i < count; i++) {
    const started = performance.now()
    await act()
    taken.push(performance.now() - started)
  }
  return taken
}

/** Noisy float32 series, as trainers log them. */
async function fill({ metrics, blobs }: Pick<Platform, 'metrics' | 'blobs'>): Promise<void> {
  const random = createRandom()
  for (let segment = 0; segment * rowsPerSegment < steps; segment++) {
    const rows = Math.min(rowsPerSegment, steps - segment * rowsPerSegment)
    const lines = Array.from({ length: rows }, (_, i) => {
      const step = segment * rowsPerSegment + i
      const ts = new Date(1_767_225_600_000 + Math.round(1000 * (step + random() / 10))).toISOString()
      const values = names.map((name, k) => [name, Math.fround(Math.exp(-step / (k + 1) / 5000) + random() / 20)])
      return `${JSON.stringify({ step, ts, data: Object.fromEntries(values) })}\n`
    })
    await blobs.put(segmentKey(folder, segment), lines.join(''), 'any')
  }
  await ingestSegments({ metrics, blobs }, source, folder)
}

function openPlatform(directory: string): Pick<Platform, 'metrics' | 'blobs'> {
  const clock = { now: () => new Date(), sleep: async () => {} }
  const database = openDatabase(join(directory, 'sluice.db'))
  return {
    metrics: createTable(database, 'metrics', clock, { publishes: false }),
    blobs: createBlobs({
      root: join(directory, 'blobs'),
      baseUrl: () => 'http://127.0.0.1',
      signingKey: 'bench',
      clock,
    }),
  }
}

/** Uniform in [0, 1), the same sequence each time (mulberry32). */
function createRandom(): () => number {
  let state = 1
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
