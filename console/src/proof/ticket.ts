import type { Job } from '../../../schemas/job.ts'
import type { Ticket, TicketClaims } from '../../../schemas/ticket.ts'
import type { Verdict } from './row-proof.ts'
import { fromBase64, noCryptoBecause } from './webcrypto.ts'

/** What a ticket binds; undefined when it is not of the form that this page knows. */
export function claimsOf({ payload }: Ticket): TicketClaims | undefined {
  try {
    const claims = JSON.parse(payload) as TicketClaims | null
    return claims?.ticket === 'sluice.ticket/2' ? claims : undefined
  } catch {
    return undefined
  }
}

/** Whether the Ed25519 signature over the payload is that of the key (SPKI PEM). `ok` is null where this browser cannot tell. */
export async function judgeSignature({ payload, signature }: Ticket, publicKey: string): Promise<Verdict> {
  const because = noCryptoBecause()
  if (because) return { ok: null, text: `Not checked: ${because}` }
  try {
    const spki = fromBase64(publicKey.replaceAll(/-----[A-Z ]+-----|\s/g, ''))
    const key = await crypto.subtle.importKey('spki', spki, 'Ed25519', false, ['verify'])
    const ok = await crypto.subtle.verify('Ed25519', key, fromBase64(signature), new TextEncoder().encode(payload))
    return ok
      ? { ok, text: 'The signature is of the server’s key over every byte of the ticket; checked in this browser.' }
      : { ok, text: 'The signature is not of the server’s key over this ticket.' }
  } catch (error) {
    if ((error as Error).name === 'NotSupportedError')
      return { ok: null, text: 'Not checked: this browser has no Ed25519. Use: sluice ticket verify JOB' }
    return { ok: false, text: 'The signature or the key of the server cannot be read.' }
  }
}

/** In what the claims do not cover the job as its record has it, one line each. */
export function claimProblems(claims: TicketClaims, job: Job): string[] {
  const problems: string[] = []
  const compare = (what: string, claimed: string, actual: string) => {
    if (claimed !== actual) problems.push(`binds ${what} ${claimed}, but the job has ${actual}`)
  }
  compare('job', claims.job, job.id)
  compare('profile', claims.profile, job.profile)
  compare('recipe', claims.recipe, job.recipe.digest)
  compare('base model', claims.base_model, job.base_model.digest)
  const bound = new Set(claims.datasets.map(({ digest }) => digest))
  for (const { name, digest } of [...job.datasets.stages, job.datasets.evaluation])
    if (!bound.has(digest)) problems.push(`does not bind dataset ${name} ${digest}`)
  return problems
}
