import { type KeyObject, verify } from 'node:crypto'
import { TicketClaims } from '../../schemas/ticket.ts'
import { coverageProblems } from '../../schemas/ticket-coverage.ts'
import type { TrainerSpec } from '../../schemas/trainer-contract.ts'

/** Every way in which the spec's ticket does not cover the spec, one line each; none when it does. */
export function ticketProblems(spec: TrainerSpec, publicKey: KeyObject, now: Date): string[] {
  const { payload, signature } = spec.ticket
  if (!verify(null, Buffer.from(payload, 'utf8'), publicKey, Buffer.from(signature, 'base64'))) {
    return ['ticket: the signature does not match the payload under SLUICE_TICKET_PUBLIC_KEY; run preflight again']
  }
  const claims = readClaims(payload)
  if (!claims.success)
    return claims.error.issues.map(({ path, message }) => `ticket claim ${path.join('/')}: ${message}`)
  return coverageProblems(claims.data, spec, now).map((problem) => `ticket: ${problem}`)
}

function readClaims(payload: string) {
  try {
    return TicketClaims.safeParse(JSON.parse(payload))
  } catch {
    return TicketClaims.safeParse(undefined)
  }
}
