import type { Anomaly } from '../../schemas/diagnostics.ts'
import type { Attempt, Job, Stage } from '../../schemas/job.ts'
import { listAnomalies, putAnomaly } from '../diagnostics/anomaly-store.ts'
import { checkStall } from '../diagnostics/stall.ts'
import { has } from '../metrics/columns.ts'
import { segmentKey } from '../metrics/ingest-segments.ts'
import { type Cursor, getCursor, readChunks } from '../metrics/metric-store.ts'
import { getSourceHead } from '../metrics/source-head.ts'
import type { Platform } from '../platform/ports.ts'
import { metricsFolder } from './ingest-attempt.ts'
import { recordFinding } from './record-finding.ts'

type Needs = Pick<Platform, 'table' | 'metrics' | 'blobs' | 'clock'>

// Enough for a 95th percentile, and few chunks to read.
const recentSegments = 8
const recentSteps = 200

/**
 * Finds attempts that run and take no steps: by when their newest segment arrived, which no clock of a trainer can bend. A stall that is
 * over is marked so.
 */
export async function watchStalls(platform: Needs, job: Job): Promise<void> {
  if (job.status !== 'running') return
  for (const stage of job.stages) {
    const attempt = stage.attempts.at(-1)
    if (attempt?.status === 'prepared' && attempt.compute?.status === 'running')
      await watch(platform, job, stage, attempt)
  }
}

async function watch(platform: Needs, job: Job, stage: Stage, attempt: Attempt): Promise<void> {
  const source = { job: job.id, stage: stage.index, attempt: attempt.number }
  const [head, cursor] = await Promise.all([
    getSourceHead(platform.metrics, source),
    getCursor(platform.metrics, source),
  ])
  const startedAt = Date.parse(attempt.compute?.running_at ?? attempt.started_at)
  const lastSeenAt = await newestArrival(platform, job, stage, attempt, cursor)
  const stepTimes = lastSeenAt === null ? [] : await recentStepTimes(platform, source, cursor)
  const lastStep = cursor.last_step ?? attempt.resumed_from_step
  const now = platform.clock.now().getTime()
  const check = (seenAt: number | null) =>
    head && checkStall({ subject: { ...source, head }, now, startedAt, lastSeenAt: seenAt, stepTimes, lastStep })
  const isIdle = check(lastSeenAt) !== undefined
  const stall = isIdle ? check((await newestUnread(platform, job, stage, attempt, cursor)) ?? lastSeenAt) : undefined
  if (stall) return recordFinding(platform, job.id, stall)
  if (job.findings?.some((entry) => entry.startsWith(`${stage.index}.${attempt.number}.step_stall`)))
    await endStalls(platform, job.id, source, cursor)
}

/** Epoch milliseconds; null while nothing arrived. */
async function newestArrival(
  { blobs }: Pick<Platform, 'blobs'>,
  job: Job,
  stage: Stage,
  attempt: Attempt,
  { next_segment }: Cursor,
): Promise<number | null> {
  if (next_segment === 0) return null
  const blob = await blobs.head(segmentKey(metricsFolder(job.id, stage, attempt.number), next_segment - 1))
  return blob ? Date.parse(blob.modifiedAt) : null
}

/** Epoch milliseconds of the newest segment that waits for one before it: its trainer goes on. null: there is none. */
async function newestUnread(
  { blobs }: Pick<Platform, 'blobs'>,
  job: Job,
  stage: Stage,
  attempt: Attempt,
  { next_segment }: Cursor,
): Promise<number | null> {
  const folder = metricsFolder(job.id, stage, attempt.number)
  let newest: number | null = null
  let after: string | undefined = segmentKey(folder, next_segment)
  while (after !== undefined) {
    const { items, cursor } = await blobs.list({ prefix: folder, after })
    for (const { modifiedAt } of items) newest = Math.max(newest ?? 0, Date.parse(modifiedAt))
    after = cursor === undefined ? undefined : items.at(-1)?.key
  }
  return newest
}

/** Seconds, of the newest steps: as logged, else between the times of the rows. */
async function recentStepTimes(
  { metrics }: Pick<Platform, 'metrics'>,
  { job, ...place }: { job: string; stage: number; attempt: number },
  { next_segment }: Cursor,
): Promise<number[]> {
  const seconds: number[] = []
  const fromSegment = Math.max(0, next_segment - recentSegments)
  for await (const { chunk } of readChunks(metrics, job, { ...place, fromSegment })) {
    const logged = chunk.columns.find(({ name }) => name === 'step_time')
    for (let row = 0; row < chunk.steps.length; row++) {
      const gap = row === 0 ? Number.NaN : ((chunk.times[row] as number) - (chunk.times[row - 1] as number)) / 1000
      const value = logged && has(logged, row) ? (logged.values[row] as number) : gap
      if (value > 0 && value < Number.POSITIVE_INFINITY) seconds.push(value)
    }
  }
  return seconds.slice(-recentSteps)
}

async function endStalls(
  { table }: Pick<Platform, 'table'>,
  job: string,
  { stage, attempt }: { stage: number; attempt: number },
  { last_step }: Cursor,
): Promise<void> {
  const isOpen = (each: Anomaly) =>
    each.rule === 'step_stall' && each.stage === stage && each.attempt === attempt && !each.ended
  for (const stall of (await listAnomalies(table, job)).filter(isOpen))
    await putAnomaly(table, job, { ...stall, ended: true, last_step: Math.max(stall.last_step, last_step ?? 0) })
}
