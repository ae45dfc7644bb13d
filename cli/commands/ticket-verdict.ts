import { createPublicKey, verify } from 'node:crypto'
import { Ticket, TicketClaims } from '../../schemas/ticket.ts'
import { coverageProblems, timeProblems } from '../../schemas/ticket-coverage.ts'
import { TrainerSpec } from '../../schemas/trainer-contract.ts'

export interface Verdict {
  ok: boolean
  /** Every reason to refuse. */
  problems: string[]
  /** null when they cannot be read. */
  claims: TicketClaims | null
}

/** A ticket, or a trainer's spec that holds one. Nothing here needs a server. */
export interface TicketFile {
  ticket: unknown
  /** What the ticket has to cover. */
  spec?: unknown
}

/** The ticket in a JSON text: `ticket.json`, the answer of the API, or a `spec.json`. undefined when it is no JSON object. */
export function ticketIn(text: string): TicketFile | undefined {
  const value = jsonOf(text)
  if (typeof value !== 'object' || value === null) return undefined
  const { ticket, contract } = value as { ticket?: unknown; contract?: unknown }
  if (ticket === undefined) return { ticket: value }
  return contract === undefined ? { ticket } : { ticket, spec: value }
}

/** Checks signature, claims, expiry and, with a spec, that the ticket covers it. Claims are read even when the signature is bad. */
export function ticketVerdict({ ticket, spec }: TicketFile, publicKey: string, now: Date): Verdict {
  const read = Ticket.safeParse(ticket)
  if (!read.success) return refused(read.error.issues.map((issue) => said('ticket', issue)))
  const { payload, signature } = read.data
  const problems: string[] = []
  const key = keyOf(publicKey)
  if (typeof key === 'string') problems.push(key)
  else if (!verify(null, Buffer.from(payload, 'utf8'), key, Buffer.from(signature, 'base64')))
    problems.push('the signature is not one of this key over this payload')
  const claims = TicketClaims.safeParse(jsonOf(payload))
  if (!claims.success) return refused([...problems, ...claims.error.issues.map((issue) => said('claim', issue))])
  problems.push(...aboutSpec(claims.data, spec, now))
  return { ok: problems.length === 0, problems, claims: claims.data }
}

function aboutSpec(claims: TicketClaims, spec: unknown, now: Date): string[] {
  if (spec === undefined) return timeProblems(claims, now)
  const read = TrainerSpec.safeParse(spec)
  if (read.success) return coverageProblems(claims, read.data, now)
  return [...read.error.issues.map((issue) => said('spec', issue)), ...timeProblems(claims, now)]
}

function keyOf(pem: string) {
  try {
    const key = createPublicKey(pem)
    return key.asymmetricKeyType === 'ed25519' ? key : `the public key is of type ${key.asymmetricKeyType}, not Ed25519`
  } catch {
    return 'the public key is not one in SPKI PEM'
  }
}

function refused(problems: string[]): Verdict {
  return { ok: false, problems, claims: null }
}

function said(what: string, { path, message }: { path: PropertyKey[]; message: string }): string {
  return `${what} /${path.join('/')}: ${message}`
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
