import type { PreflightReport } from '../../schemas/preflight.ts'
import type { JobRun } from '../../schemas/steps.ts'
import type { Platform } from '../platform/ports.ts'
import { runRound1 } from '../preflight/round1.ts'
import { runRound2 } from '../preflight/round2.ts'
import { issueTicket } from '../preflight/ticket.ts'
import { changeLiveJob, getLiveJob, requireLive } from './change-job.ts'
import { getJob, isPreflightOnly } from './job-store.ts'
import { loadPinned } from './pinned.ts'

/** Runs one round on what the job pinned. The report is kept whatever it says. A job that is only preflight ends well with round 2. */
export async function runPreflight(
  platform: Omit<Platform, 'metrics' | 'schedules' | 'signer' | 'workflows'>,
  request: JobRun,
  round: PreflightReport['round'],
): Promise<{ pass: boolean; only?: true }> {
  const known = await getJob(platform.table, request.job)
  // A repeat of the step that ended this run well.
  if (isPreflightOnly(known) && known.status === 'succeeded' && known.run === request.run)
    return { pass: true, only: true }
  const job = requireLive(known, request.run)
  if (round === 'round1') {
    await changeLiveJob(platform, request, (current) =>
      current.status === 'submitted' ? { event: 'preflight_started', message: 'preflight started' } : undefined,
    )
  }
  const subject = await loadPinned(platform.table, job)
  const report = await (round === 'round1' ? runRound1(platform, subject) : runRound2(platform, subject))
  if (round === 'round1' || !report.pass || !isPreflightOnly(job)) return { pass: report.pass }
  await changeLiveJob(platform, request, () => ({
    event: 'preflight_passed',
    message: 'both rounds of preflight passed; no ticket was asked for',
  }))
  return { pass: true, only: true }
}

/** Issues the ticket and puts the job in the queue. Returns the stages that are still to be run, in order. */
export async function admitJob(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock' | 'signer'>,
  request: JobRun,
): Promise<{ stages: number[] }> {
  const job = await getLiveJob(platform.table, request)
  await issueTicket(platform, await loadPinned(platform.table, job))
  const admitted = await changeLiveJob(platform, request, (current) =>
    current.status === 'validating'
      ? { event: 'ticket_issued', message: 'preflight passed: ticket issued' }
      : undefined,
  )
  const open = admitted.stages.filter((stage) => stage.status !== 'succeeded')
  return { stages: open.map((stage) => stage.index) }
}
