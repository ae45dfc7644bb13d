import { createPublicKey, verify } from 'node:crypto'
import { Ticket, TicketClaims } from '../../schemas/ticket.ts'
import { sha256OfBlob } from '../platform/digest.ts'
import { Fault } from '../platform/fault.ts'
import { parseStored } from '../platform/parse.ts'
import type { Platform } from '../platform/ports.ts'
import { loadReport } from './report.ts'
import { type PreflightSubject, roundKey, ticketKey } from './subject.ts'

const validDays = 7

type Reports = TicketClaims['reports']

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
  const reports = await reportDigests(platform, subject)
  const now = platform.clock.now()
  const existing = await readTicket(platform, subject.job)
  if (existing && ticketProblems(existing, await platform.signer.publicKey(), subject, reports, now).length === 0)
    return existing
  const claims: TicketClaims = {
    ticket: 'sluice.ticket/1',
    job: subject.job,
    ...boundBy(subject),
    reports,
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
  const refusal = `preflight not passed, run refused: ${subject.job}`
  const ticket = await readTicket(platform, subject.job)
  if (!ticket) throw new Fault('illegal_transition', `${refusal} has no ticket`)
  const reports = await reportDigests(platform, subject)
  const publicKey = await platform.signer.publicKey()
  const problems = ticketProblems(ticket, publicKey, subject, reports, platform.clock.now())
  if (problems.length === 0) return ticket
  throw new Fault('illegal_transition', `${refusal}: its ticket ${problems.join('; ')}`)
}

/** What is wrong with a ticket for this subject; empty when it holds. Pure. */
export function ticketProblems(
  ticket: Ticket,
  publicKey: string,
  subject: PreflightSubject,
  reports: Reports,
  now: Date,
): string[] {
  if (!verify(null, Buffer.from(ticket.payload), createPublicKey(publicKey), Buffer.from(ticket.signature, 'base64')))
    return ['has a signature that does not verify']
  const claims = parseStored(TicketClaims, ticket.payload, `the ticket of ${subject.job}`)
  const bound = boundBy(subject)
  const problems: string[] = []
  if (claims.job !== subject.job) problems.push(`is for ${claims.job}`)
  if (claims.profile !== bound.profile) problems.push(`is for profile ${claims.profile}, not ${bound.profile}`)
  if (claims.recipe !== bound.recipe) problems.push(`binds recipe ${claims.recipe}, not ${bound.recipe}`)
  if (claims.base_model !== bound.base_model)
    problems.push(`binds base model ${claims.base_model}, not ${bound.base_model}`)
  for (const digest of bound.datasets)
    if (!claims.datasets.includes(digest)) problems.push(`does not bind dataset ${digest}`)
  for (const round of ['round1', 'round2'] as const)
    if (claims.reports[round] !== reports[round]) problems.push(`binds another report of ${round}`)
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

async function reportDigests(platform: Pick<Platform, 'blobs'>, subject: PreflightSubject): Promise<Reports> {
  const [round1, round2] = await Promise.all([
    sha256OfBlob(platform.blobs, roundKey(subject, 'round1')),
    sha256OfBlob(platform.blobs, roundKey(subject, 'round2')),
  ])
  return { round1: round1.sha256, round2: round2.sha256 }
}

async function readTicket(platform: Pick<Platform, 'blobs'>, job: string): Promise<Ticket | undefined> {
  const bytes = await platform.blobs.get(ticketKey(job))
  return bytes && parseStored(Ticket, bytes, ticketKey(job))
}
