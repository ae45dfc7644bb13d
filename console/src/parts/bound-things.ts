import type { Job } from '../../../schemas/job.ts'
import type { TicketClaims } from '../../../schemas/ticket.ts'
import { time } from '../state/format.ts'

export interface BoundThing {
  what: string
  /** By digest where there is one, else in words. */
  digest?: string | null
  /** Of a dataset version. */
  root?: string
  words?: string
}

/** What a ticket binds, line by line, with the names that the job has for it. */
export function boundThings(claims: TicketClaims, job: Job, now: Date): BoundThing[] {
  const pinned = [...job.datasets.stages, job.datasets.evaluation]
  const nameOf = (digest: string) => pinned.find((each) => each.digest === digest)?.name ?? 'of no name in this job'
  const ofRounds = (what: string, { round1, round2 }: { round1: string | null; round2: string | null }) => [
    { what: `${what}, round 1`, digest: round1 },
    { what: `${what}, round 2`, digest: round2 },
  ]
  const isExpired = !(Date.parse(claims.expires_at) > now.getTime())
  return [
    { what: `recipe ${job.recipe.name} version ${job.recipe.version}`, digest: claims.recipe },
    { what: `base model ${job.base_model.id}`, digest: claims.base_model },
    ...claims.datasets.map(({ digest, merkle_root }) => ({
      what: `dataset ${nameOf(digest)}`,
      digest,
      root: merkle_root,
    })),
    { what: 'reward weights', digest: claims.weights },
    { what: 'limits of preflight', digest: claims.thresholds },
    ...ofRounds('report', claims.reports),
    ...ofRounds('shadow run', claims.shadow),
    ...ofRounds('scorer receipts', claims.scorer_receipts),
    { what: 'image', words: claims.image ?? 'none: a program of the machine' },
    { what: 'code', words: `Sluice ${claims.code_version}` },
    { what: 'profile', words: claims.profile },
    { what: 'issued', words: time(claims.issued_at) },
    { what: 'expires', words: `${time(claims.expires_at)}${isExpired ? ': it has expired' : ''}` },
  ]
}
