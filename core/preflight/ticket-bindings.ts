import { PreflightReport } from '../../schemas/preflight.ts'
import type { TicketClaims } from '../../schemas/ticket.ts'
import { digestJson, sha256 } from '../platform/digest.ts'
import { parseStored } from '../platform/parse.ts'
import type { Platform } from '../platform/ports.ts'
import { type PreflightSubject, type Round, roundKey, scorerReceiptsKey, shadowKey } from './subject.ts'

/** Everything a ticket binds, as it is now. */
export type Bindings = Omit<TicketClaims, 'ticket' | 'issued_at' | 'expires_at'>

const rounds = ['round1', 'round2'] as const

/** Reads and hashes all that the ticket of a subject has to bind. A report that is not there has an empty digest, which nothing equals. */
export async function bindingsOf(platform: Pick<Platform, 'blobs'>, subject: PreflightSubject): Promise<Bindings> {
  const { recipe } = subject
  const [reports, shadow, receipts, round2] = await Promise.all([
    digestsOf(platform, (round) => roundKey(subject, round)),
    digestsOf(platform, (round) => shadowKey(subject, round)),
    digestsOf(platform, (round) => scorerReceiptsKey(subject, round)),
    platform.blobs.get(roundKey(subject, 'round2')),
  ])
  const checked = round2 ? parseStored(PreflightReport, round2, roundKey(subject, 'round2')).files : {}
  return {
    job: subject.job,
    profile: subject.profile,
    recipe: subject.recipeDigest,
    base_model: subject.baseModel.digest,
    datasets: datasetsOf(subject),
    weights: recipe.weights === undefined ? null : digestJson(recipe.weights),
    thresholds: digestJson(recipe.preflight),
    reports: { round1: reports.round1 ?? '', round2: reports.round2 ?? '' },
    shadow,
    scorer_receipts: receipts,
    image: checked.image ?? null,
    code_version: checked.code_version ?? '',
  }
}

/** What of the claims is not as it is now, each by its name; a binding that is new counts too. */
export function bindingProblems(claims: TicketClaims, now: Bindings): string[] {
  const problems: string[] = []
  const compare = (what: string, claimed: string | null, actual: string | null) => {
    if (claimed !== actual) problems.push(`binds ${what} ${claimed ?? '(none)'}, not ${actual || '(none)'}`)
  }
  if (claims.job !== now.job) problems.push(`is for ${claims.job}`)
  if (claims.profile !== now.profile) problems.push(`is for profile ${claims.profile}, not ${now.profile}`)
  compare('recipe', claims.recipe, now.recipe)
  compare('base model', claims.base_model, now.base_model)
  problems.push(...datasetProblems(claims.datasets, now.datasets))
  compare('weights', claims.weights, now.weights)
  compare('thresholds', claims.thresholds, now.thresholds)
  for (const round of rounds) {
    if (claims.reports[round] !== now.reports[round]) problems.push(`binds another report of ${round}`)
    compare(`shadow run of ${round}`, claims.shadow[round], now.shadow[round])
    compare(`scorer receipts of ${round}`, claims.scorer_receipts[round], now.scorer_receipts[round])
  }
  compare('image', claims.image, now.image)
  compare('code version', claims.code_version, now.code_version)
  return problems
}

function datasetProblems(claimed: Bindings['datasets'], actual: Bindings['datasets']): string[] {
  const roots = new Map(claimed.map(({ digest, merkle_root }) => [digest, merkle_root]))
  const problems = actual.flatMap(({ digest, merkle_root }) => {
    const root = roots.get(digest)
    if (root === undefined) return `does not bind dataset ${digest}`
    return root === merkle_root ? [] : `binds Merkle root ${root} of dataset ${digest}, not ${merkle_root}`
  })
  const wanted = new Set(actual.map(({ digest }) => digest))
  const extra = claimed.filter(({ digest }) => !wanted.has(digest))
  return [...problems, ...extra.map(({ digest }) => `binds dataset ${digest}, which the job does not read`)]
}

function datasetsOf({ stageDatasets, evaluationDataset }: PreflightSubject): Bindings['datasets'] {
  const roots = new Map([...stageDatasets, evaluationDataset].map(({ digest, merkle_root }) => [digest, merkle_root]))
  return [...roots]
    .map(([digest, merkle_root]) => ({ digest, merkle_root }))
    .sort((a, b) => (a.digest < b.digest ? -1 : 1))
}

async function digestsOf(
  { blobs }: Pick<Platform, 'blobs'>,
  keyOf: (round: Round) => string,
): Promise<Record<Round, string | null>> {
  const [round1, round2] = await Promise.all(
    rounds.map(async (round) => {
      const bytes = await blobs.get(keyOf(round))
      return bytes ? sha256(bytes) : null
    }),
  )
  return { round1: round1 ?? null, round2: round2 ?? null }
}
