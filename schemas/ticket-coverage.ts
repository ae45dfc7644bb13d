import type { TicketClaims } from './ticket.ts'
import type { TrainerSpec } from './trainer-contract.ts'

/** Every way in which a ticket's claims do not cover a trainer's spec at this moment, one line each; none when they do. */
export function coverageProblems(claims: TicketClaims, spec: TrainerSpec, now: Date): string[] {
  const problems: string[] = []
  const compare = (name: string, claimed: string, given: string) => {
    if (claimed !== given) problems.push(`${name} is ${given} in the spec but ${claimed} in the ticket`)
  }
  compare('job', claims.job, spec.job)
  compare('profile', claims.profile, spec.profile)
  compare('recipe_digest', claims.recipe, spec.recipe_digest)
  compare('base_model.digest', claims.base_model, spec.base_model.digest)
  if (!claims.datasets.some(({ digest }) => digest === spec.dataset.digest))
    problems.push(`dataset ${spec.dataset.name} (${spec.dataset.digest}) is not among the checked datasets`)
  return [...problems, ...timeProblems(claims, now)]
}

/** Why the claims do not hold at this moment. */
export function timeProblems({ expires_at }: TicketClaims, now: Date): string[] {
  return Date.parse(expires_at) > now.getTime() ? [] : [`expired at ${expires_at}; run preflight again`]
}
