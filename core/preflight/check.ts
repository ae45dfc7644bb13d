import type { Check } from '../../schemas/preflight.ts'

export const maxEvidence = 20

/** What a check says that is not met. */
export type Miss = 'fail' | 'warn'

type Outcome = Omit<Check, 'status' | 'evidence'> & { evidence?: string[] }

/** `ok` decides between pass and `otherwise`. Write `ok` so that NaN makes it false. */
export function judge(ok: boolean, outcome: Outcome, otherwise: Miss = 'fail'): Check {
  const { remedy, ...rest } = outcome
  const evidence = (outcome.evidence ?? []).slice(0, maxEvidence)
  if (ok) return { ...rest, status: 'pass', evidence }
  return { ...rest, status: otherwise, evidence, ...(remedy && { remedy }) }
}
