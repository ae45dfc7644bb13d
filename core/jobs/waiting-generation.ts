import type { Job, Reason } from '../../schemas/job.ts'
import { getEvaluation } from '../evaluation/evaluation-store.ts'
import type { Platform } from '../platform/ports.ts'
import { generationName } from './artifacts.ts'
import { isWaiting } from './waiting.ts'

/**
 * Why an evaluating job does not move, when one of its evaluations waits for a host. Several jobs may wait for one evaluation, so it is
 * looked up when somebody asks and stands on no record.
 */
export async function waitingGeneration(
  platform: Pick<Platform, 'table' | 'compute'>,
  job: Pick<Job, 'status' | 'evaluations'>,
): Promise<Reason | undefined> {
  if (job.status !== 'evaluating') return undefined
  for (const id of job.evaluations ?? []) {
    const { status, attempts, suite, subject } = await getEvaluation(platform.table, id)
    if (status === 'scored') continue
    const record = await platform.compute.describe(generationName(id, attempts + 1))
    if (!record || !isWaiting(record.status)) continue
    const model = subject.adapter ? 'tuned model' : 'base model'
    const why = record.statusReason ?? 'none is assigned yet'
    const message = `the evaluation of the ${model} on ${suite.name} waits for a host: ${why}`
    return { code: 'waiting_capacity', message, evidence: [] }
  }
  return undefined
}
