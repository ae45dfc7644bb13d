import * as z from 'zod'
import { type Anomaly, rulesVersion } from '../../schemas/diagnostics.ts'
import type { Job, Stage } from '../../schemas/job.ts'
import { configOf } from '../diagnostics/config-of.ts'
import { parseObject } from '../metrics/parse-json.ts'
import { getSourceHead } from '../metrics/source-head.ts'
import type { Platform } from '../platform/ports.ts'
import { attemptFolder } from './artifacts.ts'
import { getJob } from './job-store.ts'
import { recordFinding } from './record-finding.ts'

/** Of `status.json`, what is read here. Trainers of others may leave out or add what they like. */
const Reported = z.looseObject({
  anomaly_detected: z.literal(true),
  anomaly_reason: z.string().nullish(),
  current_step: z.int().min(0).catch(0),
})

const maxBytes = 64 * 1024
const maxCharacters = 300

/**
 * Records what a trainer says is wrong with itself in its status file. A report, which stops nothing: what stops a job follows from its
 * points. A file that is absent or cannot be read says nothing.
 */
export async function readStatus(
  platform: Pick<Platform, 'table' | 'metrics' | 'blobs' | 'clock'>,
  job: Job,
  stage: Stage,
  attempt: number,
): Promise<void> {
  const bytes = await platform.blobs.get(`${attemptFolder(job.id, stage, attempt)}status.json`, {
    start: 0,
    end: maxBytes,
  })
  const reported = bytes && Reported.safeParse(parseObject(bytes)).data
  if (!reported) return
  const head = await getSourceHead(platform.metrics, { job: job.id, stage: stage.index, attempt })
  if (!configOf(head ?? { algorithm: stage.algorithm, planned_steps: 0, resumed_from_step: 0 }).trainer_report.enabled)
    return
  const finding = toFinding(stage.index, attempt, reported)
  const { findings = [] } = await getJob(platform.table, job.id)
  // What the points say already, and worse, is not counted twice.
  const isKnown = (entry: string) => entry.startsWith(`${stage.index}.${attempt}.`) && entry.endsWith(':critical')
  if (findings.some((entry) => isKnown(entry) || entry === `${finding.id}:${finding.severity}`)) return
  await recordFinding(platform, job.id, finding)
}

function toFinding(
  stage: number,
  attempt: number,
  { anomaly_reason, current_step: step }: z.infer<typeof Reported>,
): Anomaly {
  const reason = anomaly_reason?.slice(0, maxCharacters).toWellFormed() ?? 'no reason is given'
  return {
    id: `${stage}.${attempt}.trainer_report.${step}`,
    stage,
    attempt,
    rule: 'trainer_report',
    severity: 'medium',
    metric: null,
    step,
    last_step: step,
    ended: false,
    time: null,
    value: null,
    threshold: null,
    unit: '',
    message: `The trainer reports: ${reason}`,
    cause: "The trainer's own check said so; whether the points bear it out, the other findings tell.",
    advice: [],
    evidence: [],
    stops: false,
    rules_version: rulesVersion,
  }
}
