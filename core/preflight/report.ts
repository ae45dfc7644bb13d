import { PreflightReport } from '../../schemas/preflight.ts'
import { codeVersion } from '../platform/code-version.ts'
import { Fault, isFault } from '../platform/fault.ts'
import { parseStored } from '../platform/parse.ts'
import type { Platform } from '../platform/ports.ts'
import { type PreflightRun, type Round, roundKey } from './subject.ts'

/** Passes when no check fails. Written once: whoever repeats the round gets the report that counts. */
export async function saveReport(
  platform: Pick<Platform, 'blobs' | 'clock'>,
  of: PreflightRun,
  draft: Pick<PreflightReport, 'round' | 'checks' | 'files'>,
): Promise<PreflightReport> {
  const pass = draft.checks.every((check) => check.status !== 'fail')
  const files = { ...draft.files, code_version: codeVersion }
  const report: PreflightReport = { ...draft, files, job: of.job, ts: platform.clock.now().toISOString(), pass }
  try {
    await platform.blobs.put(roundKey(of, draft.round), JSON.stringify(report, null, 2), 'absent')
    return report
  } catch (error) {
    if (!isFault(error, 'conflict')) throw error
    return loadReport(platform, of, draft.round)
  }
}

/** Fault `not_found` while the round has not run. */
export async function loadReport(
  platform: Pick<Platform, 'blobs'>,
  of: PreflightRun,
  round: Round,
): Promise<PreflightReport> {
  const report = await findReport(platform, of, round)
  if (report) return report
  throw new Fault('not_found', `preflight ${round} of ${of.job}, run ${of.run}, has not been made yet`)
}

/** undefined while the round has not run. Fault `corrupt` when the report cannot be read. */
export async function findReport(
  platform: Pick<Platform, 'blobs'>,
  of: PreflightRun,
  round: Round,
): Promise<PreflightReport | undefined> {
  const key = roundKey(of, round)
  const bytes = await platform.blobs.get(key)
  return bytes && parseStored(PreflightReport, bytes, key)
}
