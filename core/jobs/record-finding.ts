import type { Anomaly, Health, Severity } from '../../schemas/diagnostics.ts'
import type { Job, Stage } from '../../schemas/job.ts'
import { compareSeverity, getAnomaly, putAnomaly } from '../diagnostics/anomaly-store.ts'
import { scoreHealth } from '../diagnostics/health.ts'
import { change } from '../platform/guarded-write.ts'
import type { JsonObject, Platform, Table } from '../platform/ports.ts'
import { changeJob } from './change-job.ts'
import { findJob, jobKey, toJob } from './job-store.ts'

// A record has room for so many; the findings themselves are all kept.
const maxFindings = 200

/**
 * Keeps a finding, and says so on the record of its job, once for each finding and once more for each time it gets worse: history, live
 * streams and whoever stops the trainer hear of it by the event of that write. Again after a crash it changes nothing.
 */
export async function recordFinding(
  platform: Pick<Platform, 'table' | 'clock'>,
  job: string,
  finding: Anomaly,
): Promise<void> {
  // The record goes first: a crash in between leaves a finding that the next pass over the same points finds again. So what is kept was
  // told, also where the record holds it no more: of an earlier run, or of one with too many.
  const kept = await getAnomaly(platform.table, job, finding)
  const isTold = kept !== undefined && compareSeverity(finding.severity, kept.severity) <= 0
  const record = isTold ? undefined : await findJob(platform.table, job)
  if (record?.status === 'running') await changeJob(platform, job, (current) => withFinding(current, finding))
  else if (record) await noteQuietly(platform.table, job, finding)
  await putAnomaly(platform.table, job, finding)
}

/** What is found when nothing runs any more (a sync, a diagnosis) is part of the record's health, and no event of the job. */
async function noteQuietly(table: Table, id: string, finding: Anomaly): Promise<void> {
  await change(table, jobKey(id), (item) => {
    const job = item && toJob(item)
    const findings = job && job.status !== 'running' ? findingsWith(job, finding) : undefined
    if (!item || !job || !findings) return undefined
    const noted = { ...job, findings, health: healthOf(findings, job.stages) }
    const { version: _, ...draft } = item
    return { draft: { ...draft, data: noted as unknown as JsonObject } }
  })
}

/** What the record says after this finding; undefined where it says so already, or where nothing runs any more. Pure. */
function withFinding(job: Job, finding: Anomaly) {
  const findings = job.status === 'running' ? findingsWith(job, finding) : undefined
  if (!findings) return undefined
  const stages = finding.stops ? job.stages.map((stage) => stopped(stage, finding)) : job.stages
  const { id, stage, attempt, rule, severity, stops } = finding
  const data: JsonObject = { anomaly: id, stage, attempt, rule, severity, stops }
  return {
    event: 'anomaly_found' as const,
    message: `${severity} ${rule}: ${finding.message}`,
    patch: { findings, stages, health: healthOf(findings, stages) },
    data,
  }
}

/** The record's findings with this one; undefined where it is among them. Pure. */
function findingsWith(job: Job, finding: Anomaly): string[] | undefined {
  const entry = entryOf(finding)
  const known = job.findings ?? []
  if (known.includes(entry)) return undefined
  // Two passes at once: the one that is behind does not make light of what the other found.
  if (known.some((each) => idOf(each) === finding.id && compareSeverity(finding.severity, severityOf(each)) <= 0))
    return undefined
  return [...known.filter((each) => idOf(each) !== finding.id), entry].slice(-maxFindings)
}

/** Of what is known of each stage's newest attempt: what an earlier one suffered from is over. Pure. */
export function healthOf(findings: readonly string[], stages: readonly Stage[]): Health {
  const current = findings.filter((entry) => {
    const [stage, attempt] = idOf(entry).split('.').map(Number)
    return stages[stage ?? 0]?.attempts.at(-1)?.number === attempt
  })
  return scoreHealth(current.map((entry) => ({ severity: severityOf(entry) })))
}

const entryOf = ({ id, severity }: Anomaly) => `${id}:${severity}`
const idOf = (entry: string) => entry.slice(0, entry.lastIndexOf(':'))
const severityOf = (entry: string) => entry.slice(entry.lastIndexOf(':') + 1) as Severity

/** The first finding that stops an attempt is why. */
function stopped(stage: Stage, { id, step, stage: index, attempt }: Anomaly): Stage {
  if (stage.index !== index) return stage
  const attempts = stage.attempts.map((each) =>
    each.number === attempt && each.status === 'prepared' && !each.stopped_by
      ? { ...each, stopped_by: { anomaly: id, step } }
      : each,
  )
  return { ...stage, attempts }
}
