import { PreflightReport } from '../../schemas/preflight.ts'
import { Fault, isFault } from '../platform/fault.ts'
import { parse } from '../platform/parse.ts'
import type { Platform } from '../platform/ports.ts'
import { roundKey } from './subject.ts'

type Draft = Pick<PreflightReport, 'round' | 'job' | 'checks' | 'files'>

/** Passes when no check fails. Written once: whoever repeats the round gets the report that counts. */
export async function saveReport(platform: Pick<Platform, 'blobs' | 'clock'>, draft: Draft): Promise<PreflightReport> {
  const pass = draft.checks.every((check) => check.status !== 'fail')
  const report: PreflightReport = { ...draft, ts: platform.clock.now().toISOString(), pass }
  try {
    await platform.blobs.put(roundKey(draft.job, draft.round), JSON.stringify(report, null, 2), 'absent')
    return report
  } catch (error) {
    if (!isFault(error, 'conflict')) throw error
    return loadReport(platform, draft.job, draft.round)
  }
}

/** Fault `not_found` while the round has not run. */
export async function loadReport(
  platform: Pick<Platform, 'blobs'>,
  job: string,
  round: 'round1' | 'round2',
): Promise<PreflightReport> {
  const report = await findReport(platform, job, round)
  if (report) return report
  throw new Fault('not_found', `preflight ${round} of ${job} has not run yet`)
}

export async function findReport(
  platform: Pick<Platform, 'blobs'>,
  job: string,
  round: 'round1' | 'round2',
): Promise<PreflightReport | undefined> {
  const bytes = await platform.blobs.get(roundKey(job, round))
  return bytes && parse(PreflightReport, JSON.parse(new TextDecoder().decode(bytes)), roundKey(job, round))
}
