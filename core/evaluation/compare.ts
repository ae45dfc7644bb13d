import type { Comparison, Evaluation, ScoreLine } from '../../schemas/evaluation.ts'
import { Fault } from '../platform/fault.ts'
import type { Platform } from '../platform/ports.ts'
import { getEvaluation, readScores } from './evaluation-store.ts'
import { mcnemarExact, pairedInterval } from './mcnemar.ts'

const alpha = 0.05
// The comparison is kept in tables, whose numbers end at 1e-130; 500 wins in a row are beyond that.
const smallestP = 1e-120

/** Compares two scored evaluations item by item. Fault `illegal_transition` when they cannot be paired. */
export async function compareEvaluations(
  platform: Pick<Platform, 'table' | 'blobs'>,
  baseId: string,
  candidateId: string,
): Promise<Comparison> {
  const [base, candidate] = await Promise.all([
    getEvaluation(platform.table, baseId),
    getEvaluation(platform.table, candidateId),
  ])
  const problem = unpaired(base, candidate)
  if (problem) throw new Fault('illegal_transition', `${baseId} and ${candidateId} cannot be compared: ${problem}`)
  const [baseScores, candidateScores] = await Promise.all([
    readScores(platform.blobs, baseId),
    readScores(platform.blobs, candidateId),
  ])
  return comparePaired(base, baseScores, candidate, candidateScores)
}

/** Pure. The scores must be of the same items in the same order. */
export function comparePaired(
  base: Evaluation,
  baseScores: ScoreLine[],
  candidate: Evaluation,
  candidateScores: ScoreLine[],
): Comparison {
  const n = baseScores.length
  if (candidateScores.length !== n)
    throw new Fault('corrupt', `${candidate.id} has ${candidateScores.length} scores, ${base.id} has ${n}`)
  let won = 0
  let lost = 0
  baseScores.forEach((score, i) => {
    const other = candidateScores[i]
    if (other?.index !== score.index) throw new Fault('corrupt', `item ${score.index} is missing from ${candidate.id}`)
    if (other.correct && !score.correct) won += 1
    if (!other.correct && score.correct) lost += 1
  })
  const exact = mcnemarExact(won, lost)
  const p = exact < smallestP ? 0 : exact
  const side = (evaluation: Evaluation, scores: ScoreLine[]) => {
    const correct = scores.filter((score) => score.correct).length
    return { evaluation: evaluation.id, correct, accuracy: correct / n }
  }
  return {
    suite: base.suite.name,
    suite_digest: base.suite.digest,
    n,
    base: side(base, baseScores),
    candidate: side(candidate, candidateScores),
    only_candidate_right: won,
    only_base_right: lost,
    difference: (won - lost) / n,
    interval: pairedInterval(won, lost, n),
    p,
    verdict: p >= alpha ? 'inconclusive' : won > lost ? 'better' : 'worse',
  }
}

function unpaired(base: Evaluation, candidate: Evaluation): string | undefined {
  if (base.suite.digest !== candidate.suite.digest)
    return `they are of different suites (${base.suite.digest.slice(0, 12)} and ${candidate.suite.digest.slice(0, 12)}); evaluate both on one suite`
  if (!base.summary || !candidate.summary) return 'one of them is not scored yet'
  if (base.summary.chat_template_digest !== candidate.summary.chat_template_digest) return 'their chat templates differ'
  return undefined
}
