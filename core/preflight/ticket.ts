import { createPublicKey, verify } from 'node:crypto'
import { Ticket, TicketClaims } from '../../schemas/ticket.ts'
import { timeProblems } from '../../schemas/ticket-coverage.ts'
import { Fault } from '../platform/fault.ts'
import { parseStored } from '../platform/parse.ts'
import type { Platform } from '../platform/ports.ts'
import { loadReport } from './report.ts'
import { type PreflightSubject, ticketKey } from './subject.ts'
import { type Bindings, bindingProblems, bindingsOf } from './ticket-bindings.ts'

const validDays = 7

/**
 * Issues the ticket that binds the digests of everything preflight checked. Fault `illegal_transition` unless both rounds passed.
 * A ticket that still holds is returned as it is.
 */
export async function issueTicket(
  platform: Pick<Platform, 'blobs' | 'clock' | 'signer'>,
  subject: PreflightSubject,
): Promise<Ticket> {
  for (const round of ['round1', 'round2'] as const) {
    const report = await loadReport(platform, subject, round)
    if (!report.pass)
      throw new Fault('illegal_transition', `preflight ${round} of ${subject.job} did not pass: no ticket`)
  }
  const bindings = await bindingsOf(platform, subject)
  const now = platform.clock.now()
  const existing = await findTicket(platform, subject.job)
  if (existing && ticketProblems(existing, await platform.signer.publicKey(), bindings, now).length === 0)
    return existing
  const claims: TicketClaims = {
    ticket: 'sluice.ticket/2',
    ...bindings,
    issued_at: now.toISOString(),
    expires_at: new Date(now.getTime() + validDays * 86_400_000).toISOString(),
  }
  const payload = JSON.stringify(claims)
  const { keyId, signature } = await platform.signer.sign(new TextEncoder().encode(payload))
  const ticket: Ticket = { payload, key_id: keyId, signature }
  await platform.blobs.put(ticketKey(subject.job), JSON.stringify(ticket), 'any')
  return ticket
}

/** The ticket of a job whose every binding still holds; Fault `illegal_transition` naming each that does not. */
export async function requireTicket(
  platform: Pick<Platform, 'blobs' | 'clock' | 'signer'>,
  subject: PreflightSubject,
): Promise<Ticket> {
  const refusal = `preflight not passed, run refused: ${subject.job}`
  const ticket = await findTicket(platform, subject.job)
  if (!ticket) throw new Fault('illegal_transition', `${refusal} has no ticket`)
  const bindings = await bindingsOf(platform, subject)
  const publicKey = await platform.signer.publicKey()
  const problems = ticketProblems(ticket, publicKey, bindings, platform.clock.now())
  if (problems.length === 0) return ticket
  throw new Fault('illegal_transition', `${refusal}: its ticket ${problems.join('; ')}`)
}

/**
 * The image that a definition runs at this moment must be the one that preflight saw: a definition may be deployed anew between the
 * two. Fault `illegal_transition` naming both.
 */
export async function requireCheckedImage(
  platform: Pick<Platform, 'compute'>,
  ticket: Ticket,
  definition: string,
): Promise<void> {
  const { job, image } = parseStored(TicketClaims, ticket.payload, 'the ticket')
  const { image: now } = await platform.compute.describeDefinition(definition)
  if (image === now) return
  throw new Fault(
    'illegal_transition',
    `preflight not passed, run refused: ${job}: its ticket binds image ${image ?? '(none)'}, but definition "${definition}" runs ${now ?? '(none)'}; resume the job to check it anew`,
  )
}

/** What is wrong with a ticket for these bindings; empty when it holds. Pure. */
export function ticketProblems(ticket: Ticket, publicKey: string, bindings: Bindings, now: Date): string[] {
  if (!verify(null, Buffer.from(ticket.payload), createPublicKey(publicKey), Buffer.from(ticket.signature, 'base64')))
    return ['has a signature that does not verify']
  const claims = readClaims(ticket.payload)
  if (!claims.success)
    return claims.error.issues.map(
      ({ path, message }) => `has a claim that cannot be read: /${path.join('/')} ${message}`,
    )
  return [...bindingProblems(claims.data, bindings), ...timeProblems(claims.data, now)]
}

/** undefined while the job has none. Fault `corrupt` when what is stored is no ticket. */
export async function findTicket(platform: Pick<Platform, 'blobs'>, job: string): Promise<Ticket | undefined> {
  const bytes = await platform.blobs.get(ticketKey(job))
  return bytes && parseStored(Ticket, bytes, ticketKey(job))
}

function readClaims(payload: string) {
  try {
    return TicketClaims.safeParse(JSON.parse(payload))
  } catch {
    return TicketClaims.safeParse(undefined)
  }
}
