import { createPublicKey, verify } from 'node:crypto'
import { Ticket, TicketClaims } from '../../schemas/ticket.ts'
import { sha256OfBlob } from '../platform/digest.ts'
import { Fault } from '../platform/fault.ts'
import { parse } from '../platform/parse.ts'
import type { Platform } from '../platform/ports.ts'
import { loadReport } from './report.ts'
import { type PreflightSubject, roundKey, ticketKey } from './subject.ts'

const validDays = 7

/**
 * Issues the ticket that binds the digests of everything preflight checked. Fault `illegal_transition` unless both rounds passed.
 * A ticket that still holds is returned as it is.
 */
export async function issueTicket(
  platform: Pick<Platform, 'blobs' | 'clock' | 'signer'>,
  subject: PreflightSubject,
): Promise<Ticket> {
  const existing = await readTicket(platform, subject.job)
  if (
    existing &&
    ticketProblems(existing, await platform.signer.publicKey(), subject, platform.clock.now()).length === 0
  )
    return existing
  for (const round of ['round1', 'round2'] as const) {
    const report = await loadReport(platform, subject.job, round)
    if (!report.pass)
      throw new Fault('illegal_transition', `preflight ${round} of ${subject.job} did not pass: no ticket`)
  }
  const now = platform.clock.now()
  const claims: TicketClaims = {
    ticket: 'sluice.ticket/1',
    job: subject.job,
    ...boundBy(subject),
    reports: {
      round1: (await sha256OfBlob(platform.blobs, roundKey(subject.job, 'round1'))).sha256,
      round2: (await sha256OfBlob(platform.blobs, roundKey(subject.job, 'round2'))).sha256,
    },
    issued_at: now.toISOString(),
    expires_at: new Date(now.getTime() + validDays * 86_400_000).toISOString(),
  }
  const payload = JSON.stringify(claims)
  const { keyId, signature } = await platform.signer.sign(new TextEncoder().encode(payload))
  const ticket: Ticket = { payload, key_id: keyId, signature }
  await platform.blobs.put(ticketKey(subject.job), JSON.stringify(ticket), 'any')
  return ticket
}

/** The ticket of a job whose every bound digest still holds; Fault `illegal_transition` naming what does not. */
export async function requireTicket(
  platform: Pick<Platform, 'blobs' | 'clock' | 'signer'>,
  subject: PreflightSubject,
): Promise<Ticket> {
  const ticket = await readTicket(platform, subject.job)
  if (!ticket) throw new Fault('illegal_transition', `preflight not passed, run refused: ${subject.job} has no ticket`)
  const problems = ticketProblems(ticket, await platform.signer.publicKey(), subject, platform.clock.now())
  if (problems.length === 0) return ticket
  throw new Fault(
    'illegal_transition',
    `preflight not passed, run refused: the ticket of ${subject.job} ${problems.join('; ')}`,
  )
}

/** What is wrong with a ticket for this subject; empty when it holds. Pure. */
export function ticketProblems(ticket: Ticket, publicKey: string, subject: PreflightSubject, now: Date): string[] {
  if (!verify(null, Buffer.from(ticket.payload), createPublicKey(publicKey), Buffer.from(ticket.signature, 'base64')))
    return ['has a signature that does not verify']
  const claims = parse(TicketClaims, JSON.parse(ticket.payload), 'ticket')
  const bound = boundBy(subject)
  const problems: string[] = []
  if (claims.job !== subject.job) problems.push(`is for ${claims.job}`)
  if (claims.profile !== bound.profile) problems.push(`is for profile ${claims.profile}, not ${bound.profile}`)
  if (claims.recipe !== bound.recipe) problems.push(`binds recipe ${claims.recipe}, not ${bound.recipe}`)
  if (claims.base_model !== bound.base_model)
    problems.push(`binds base model ${claims.base_model}, not ${bound.base_model}`)
  for (const digest of bound.datasets)
    if (!claims.datasets.includes(digest)) problems.push(`does not bind dataset ${digest}`)
  if (Date.parse(claims.expires_at) <= now.getTime()) problems.push(`expired at ${claims.expires_at}`)
  return problems
}

function boundBy(subject: PreflightSubject): Pick<TicketClaims, 'profile' | 'recipe' | 'base_model' | 'datasets'> {
  const datasets = [...subject.stageDatasets, subject.evaluationDataset].map((version) => version.digest)
  return {
    profile: subject.profile,
    recipe: subject.recipeDigest,
    base_model: subject.baseModel.digest,
    datasets: [...new Set(datasets)].sort(),
  }
}

async function readTicket(platform: Pick<Platform, 'blobs'>, job: string): Promise<Ticket | undefined> {
  const bytes = await platform.blobs.get(ticketKey(job))
  return bytes && parse(Ticket, JSON.parse(new TextDecoder().decode(bytes)), ticketKey(job))
}
