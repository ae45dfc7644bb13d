import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { listAnomalies } from '../../core/diagnostics/anomaly-store.ts'
import { attemptName } from '../../core/jobs/artifacts.ts'
import { compactMetrics } from '../../core/jobs/compact-metrics.ts'
import { concludeAttempt } from '../../core/jobs/conclude-attempt.ts'
import { jobHealth } from '../../core/jobs/diagnose-job.ts'
import { failJob } from '../../core/jobs/finish-job.ts'
import { metricsFolder } from '../../core/jobs/ingest-attempt.ts'
import { getJob, listJobEvents } from '../../core/jobs/job-store.ts'
import { isTerminal } from '../../core/jobs/lifecycle.ts'
import { observeCompute } from '../../core/jobs/observe-compute.ts'
import { prepareAttempt } from '../../core/jobs/prepare-attempt.ts'
import { syncLiveMetrics } from '../../core/jobs/sync-metrics.ts'
import { listOpen } from '../../core/metrics/compact-marker.ts'
import { getRecord } from '../../core/metrics/compact-record.ts'
import { getCursor } from '../../core/metrics/metric-store.ts'
import { queryMetrics } from '../../core/metrics/query-metrics.ts'
import { createSeriesReader } from '../../core/metrics/series-reader.ts'
import type { BusinessEvent } from '../../core/platform/business-events.ts'
import { queryBlobs } from '../../core/platform/paging.ts'
import type { Platform } from '../../core/platform/ports.ts'
import { recordEvent } from '../../functions/events/record-event.ts'
import { stopJob } from '../../functions/events/stop-job.ts'
import { rowsOf } from '../core/metrics/ingested.ts'
import { Crash } from '../core/support/crashing.ts'
import type { TestPlatform } from '../core/support/test-platform.ts'

export type Plot = 'stops' | 'observes' | 'stalls'

const minute = 60_000
const begin = Date.parse('2026-01-01T00:00:00.000Z')
const value = (plot: Plot, step: number) => (plot !== 'stalls' && step === 5 ? 'NaN' : 1 / step)

/** What every world of a story has before anything happens: a job with its ticket. */
export interface MetricsWorld {
  platform: TestPlatform
  id: string
  plot: Plot
}

/**
 * Prepares an attempt, trains it, reads its three segments as they come, delivers what was told, concludes the attempt and compacts its
 * metrics. All of it may happen again from any point on: what the outside did, it did once.
 */
export async function tellMetrics({ platform: outside, id, plot }: MetricsWorld, platform: Platform): Promise<void> {
  const name = attemptName(id, 0, 1)
  const run = { job: id, run: 1, stage: 0, attempt: 1 }
  // An execution goes on where it was: it prepares nothing behind an end.
  if (await isOpen(outside, id)) await prepareAttempt(platform, { job: id, run: 1, stage: 0 })
  await outside.compute.submit({ name, definition: 'tiny-trainer', environment: {}, timeoutSeconds: 60 })
  // What was seen of it is another story's.
  if (!(await outside.compute.describe(name))?.stoppedAt) await observeCompute(platform, name)
  for (const segment of [0, 1, 2]) {
    await arrive(outside, id, plot, segment)
    await syncLiveMetrics(platform).catch(unlessDead)
    await deliver(platform, outside.events())
  }
  if (plot === 'stalls')
    for (const late of [13, 100]) {
      await passTo(outside, begin + late * minute)
      await syncLiveMetrics(platform).catch(unlessDead)
      await deliver(platform, outside.events())
    }
  outside.compute.end(name, 70, 'Essential container in task exited')
  if (!isTerminal((await getJob(outside.table, id)).status)) {
    const conclusion = await concludeAttempt(platform, { ...run, exit: { code: 70, reason: '' } })
    if (conclusion.decision !== 'fail') throw new Error(`it is to fail: ${JSON.stringify(conclusion)}`)
    await failJob(platform, { job: id, run: 1, error: 'stage_failed', cause: JSON.stringify({ errorMessage: conclusion.reason }) }) // biome-ignore format: one call
  }
  await deliver(platform, outside.events())
  await compactMetrics(platform).catch(unlessDead)
}

/** Everything that anybody can see of the job, without the moments at which it was written. */
export async function stateOf({ platform, id }: MetricsWorld) {
  const source = { job: id, stage: 0, attempt: 1 }
  const { updated_at: _, finished_at: __, ...job } = await getJob(platform.table, id)
  const { items } = await listJobEvents(platform.table, id, { limit: 200 })
  const folder = metricsFolder(id, { index: 0, algorithm: 'sft' }, 1).replace(/metrics\/$/, '')
  return {
    rows: await rowsOf(platform.metrics, id),
    cursor: await getCursor(platform.metrics, source),
    findings: await listAnomalies(platform.table, id),
    job,
    history: items.map(({ time: _time, ...entry }) => entry),
    health: await jobHealth(platform, id),
    record: await getRecord(platform.metrics, source),
    open: await Array.fromAsync(listOpen(platform.metrics)),
    objects: (await Array.fromAsync(queryBlobs(platform.blobs, `${folder}metrics-`))).map(({ key, size }) => [
      key,
      size,
    ]),
    series: (await queryMetrics(createSeriesReader(platform), id, { times: true })).series,
    trainers: await platform.compute.listActive(),
    ends: platform.events().filter(({ type }) => type === 'job.finished.v1').length,
  }
}

/** Everything that was told so far, to those who keep it and those who stop for it: again each time, and the newest first. */
export async function deliver(platform: Platform, events: readonly BusinessEvent[]): Promise<void> {
  for (const event of events.toReversed()) {
    if (!event.type.startsWith('job.')) continue
    await recordEvent(platform, event)
    if (event.type === 'job.anomaly.v1' || event.type === 'job.finished.v1') await stopJob(platform, event)
  }
}

/** Segment `segment` is there, since its minute. */
async function arrive(platform: TestPlatform, id: string, plot: Plot, segment: number): Promise<void> {
  await passTo(platform, begin + segment * minute)
  const folder = metricsFolder(id, { index: 0, algorithm: 'sft' }, 1)
  const file = fileURLToPath(platform.blobs.uri(`${folder}${String(segment).padStart(8, '0')}.jsonl`))
  const line = (step: number) =>
    JSON.stringify({
      step,
      ts: new Date(begin + step * 1000).toISOString(),
      data: { loss: value(plot, step), lr: 1e-3 },
    })
  const steps = [1, 2, 3].map((step) => 3 * segment + step)
  await mkdir(fileURLToPath(platform.blobs.uri(folder.slice(0, -1))), { recursive: true })
  await writeFile(file, `${steps.map(line).join('\n')}\n`)
  const at = new Date(begin + segment * minute)
  await utimes(file, at, at)
}

async function passTo({ clock }: TestPlatform, time: number): Promise<void> {
  const left = time - clock.now().getTime()
  if (left > 0) await clock.advance(left)
}

async function isOpen({ table }: TestPlatform, id: string): Promise<boolean> {
  const [attempt] = (await getJob(table, id)).stages[0]?.attempts ?? []
  return attempt === undefined || attempt.status === 'prepared'
}

/** A dead process has no errors to collect. */
function unlessDead(error: unknown): never {
  const causes = error instanceof AggregateError ? error.errors : [error]
  throw causes.find((each) => each instanceof Crash) ?? error
}
