import type { Anomaly, Diagnosis, Health } from '../../schemas/diagnostics.ts'
import { rulesVersion } from '../../schemas/diagnostics.ts'
import type { Job } from '../../schemas/job.ts'
import { listAnomalies } from '../diagnostics/anomaly-store.ts'
import { createEngine } from '../diagnostics/engine.ts'
import { scoreHealth } from '../diagnostics/health.ts'
import { getCursor, readChunks, type Source } from '../metrics/metric-store.ts'
import { listSources, type SourceHead } from '../metrics/source-head.ts'
import type { Platform } from '../platform/ports.ts'
import { getJob, liveJobs } from './job-store.ts'
import { recordFinding } from './record-finding.ts'
import { syncMetrics } from './sync-metrics.ts'

type Needs = Pick<Platform, 'table' | 'metrics' | 'blobs' | 'clock'>

/**
 * Reads what is shipped, then judges all stored points anew by the rules of the recipe. What a pass finds follows from the points, so
 * this finds what was found as they landed; what no point tells of is kept. Fault `not_found`.
 */
export async function diagnoseJob(platform: Needs, id: string): Promise<Diagnosis> {
  await syncMetrics(platform, id)
  const known = await listAnomalies(platform.table, id)
  const found: Anomaly[] = known.filter(isUntold)
  let steps = 0
  for (const { head, ...source } of await listSources(platform.metrics, id)) {
    const { rows, isWhole, anomalies } = await judge(platform, source, head)
    steps += rows
    found.push(...(isWhole ? anomalies : ofAttempt(known, source)))
  }
  for (const finding of found) await recordFinding(platform, id, finding)
  const job = await getJob(platform.table, id)
  const anomalies = found.sort((a, b) => a.stage - b.stage || a.attempt - b.attempt || a.step - b.step)
  return { job: id, health: currentHealth(job, anomalies), anomalies, steps, rules_version: rulesVersion }
}

/** The same for every live job; one that cannot be judged holds up no other. */
export async function diagnoseLiveJobs(
  platform: Needs,
): Promise<{ diagnoses: Diagnosis[]; failures: { job: string; message: string }[] }> {
  const diagnoses: Diagnosis[] = []
  const failures: { job: string; message: string }[] = []
  for await (const { id } of liveJobs(platform.table)) {
    try {
      diagnoses.push(await diagnoseJob(platform, id))
    } catch (error) {
      failures.push({ job: id, message: (error as Error).message })
    }
  }
  return { diagnoses, failures }
}

/** What was found so far, and the score of the newest attempts. Fault `not_found`. */
export async function jobHealth(
  platform: Pick<Platform, 'table'>,
  id: string,
): Promise<Health & { anomalies: Anomaly[] }> {
  const job = await getJob(platform.table, id)
  const anomalies = await listAnomalies(platform.table, id)
  return { ...currentHealth(job, anomalies), anomalies }
}

/** Of each stage's newest attempt: what an earlier one suffered from is over. Pure. */
function currentHealth({ stages }: Job, anomalies: readonly Anomaly[]): Health {
  return scoreHealth(anomalies.filter(({ stage, attempt }) => stages[stage]?.attempts.at(-1)?.number === attempt))
}

/** No point tells of a stall, nor of what a trainer reports. */
const isUntold = ({ rule }: Anomaly) => rule === 'step_stall' || rule === 'trainer_report'

const ofAttempt = (anomalies: readonly Anomaly[], { stage, attempt }: Source) =>
  anomalies.filter((each) => each.stage === stage && each.attempt === attempt && !isUntold(each))

async function judge(platform: Pick<Platform, 'metrics'>, source: Source, head: SourceHead) {
  const { job, stage, attempt } = source
  const engine = createEngine({ stage, attempt, head })
  const cursor = await getCursor(platform.metrics, source)
  const found = new Map<string, Anomaly>()
  let rows = 0
  for await (const { segment, chunk } of readChunks(platform.metrics, job, { stage, attempt })) {
    rows += chunk.steps.length
    // What was odd is known of the whole attempt only, and is told with its end.
    const isLast = segment === cursor.next_segment - 1
    for (const anomaly of engine.observe(chunk, isLast ? cursor : nothingOdd)) found.set(anomaly.id, anomaly)
  }
  // Chunks expire long after their attempt: what was found in them stays.
  return { rows, isWhole: rows >= cursor.rows, anomalies: [...found.values()] }
}

const nothingOdd = { junk_lines: 0, backward_steps: 0, type_changes: 0, refused_names: { count: 0, examples: [] } }
