import { getJob } from '../../../core/jobs/job-store.ts'
import { Fault } from '../../../core/platform/fault.ts'
import type { Platform } from '../../../core/platform/ports.ts'
import { findTicket } from '../../../core/preflight/ticket.ts'
import { ticketOperations } from '../../../schemas/operations/tickets.ts'
import type { Binder } from '../bind.ts'

/** The ticket of a job. */
export function ticketRoutes(bind: Binder, platform: Pick<Platform, 'table' | 'blobs' | 'signer'>): void {
  bind(ticketOperations.getTicket, async ({ params }) => {
    const job = await getJob(platform.table, params.job)
    const ticket = await findTicket(platform, job.id)
    if (ticket) return { ticket, public_key: await platform.signer.publicKey() }
    throw new Fault(
      'not_found',
      `job ${job.id} has no ticket: it is ${job.status}; see its checks with: sluice jobs preflight ${job.id}`,
    )
  })
}
