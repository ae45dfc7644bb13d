import { type KeyObject, verify } from 'node:crypto'
import { TicketClaims } from '../../schemas/ticket.ts'
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
  const { job, profile, recipe, base_model, datasets, expires_at } = claims.data
  const problems: string[] = []
  const compare = (name: string, claimed: string, given: string) => {
    if (claimed !== given) problems.push(`ticket: ${name} is ${given} in the spec but ${claimed} in the ticket`)
  }
  compare('job', job, spec.job)
  compare('profile', profile, spec.profile)
  compare('recipe_digest', recipe, spec.recipe_digest)
  compare('base_model.digest', base_model, spec.base_model.digest)
  if (!datasets.includes(spec.dataset.digest)) {
    problems.push(`ticket: dataset ${spec.dataset.name} (${spec.dataset.digest}) is not among the checked datasets`)
  }
  if (Date.parse(expires_at) <= now.getTime()) problems.push(`ticket: expired at ${expires_at}; run preflight again`)
  return problems
}

function readClaims(payload: string) {
  try {
    return TicketClaims.safeParse(JSON.parse(payload))
  } catch {
    return TicketClaims.safeParse(undefined)
  }
}
