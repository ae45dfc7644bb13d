import type { PreflightReport } from '../../schemas/preflight.ts'
import type { Platform } from '../platform/ports.ts'
import { runRound1 } from '../preflight/round1.ts'
import { runRound2 } from '../preflight/round2.ts'
import { issueTicket } from '../preflight/ticket.ts'
import { changeJob, requireLive } from './change-job.ts'
import { getJob } from './job-store.ts'
import { loadPinned } from './pinned.ts'

interface Request {
  job: string
  run: number
}

/** Runs one round on what the job pinned. The report is kept whatever it says. */
export async function runPreflight(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock' | 'compute'>,
  request: Request,
  round: PreflightReport['round'],
): Promise<{ pass: boolean }> {
  const job = requireLive(await getJob(platform.table, request.job), request.run)
  if (round === 'round1') {
    await changeJob(platform, job.id, (current) => {
      requireLive(current, request.run)
      return current.status === 'submitted' ? { event: 'preflight_started', message: 'preflight started' } : undefined
    })
  }
  const subject = await loadPinned(platform.table, job)
  const report = await (round === 'round1' ? runRound1(platform, subject) : runRound2(platform, subject))
  return { pass: report.pass }
}

/** Issues the ticket and puts the job in the queue. Returns the stages to run, in order. */
export async function admitJob(
  platform: Pick<Platform, 'table' | 'blobs' | 'clock' | 'signer'>,
  request: Request,
): Promise<{ stages: number[] }> {
  const job = requireLive(await getJob(platform.table, request.job), request.run)
  await issueTicket(platform, await loadPinned(platform.table, job))
  const admitted = await changeJob(platform, job.id, (current) => {
    requireLive(current, request.run)
    return current.status === 'validating'
      ? { event: 'ticket_issued', message: 'preflight passed: ticket issued' }
      : undefined
  })
  return { stages: admitted.stages.map((stage) => stage.index) }
}
