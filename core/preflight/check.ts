import type { Check } from '../../schemas/preflight.ts'

export const maxEvidence = 20

type Outcome = Omit<Check, 'status' | 'evidence'> & { evidence?: string[] }

/** `ok` decides between pass and `otherwise`. Write `ok` so that NaN makes it false. */
export function judge(ok: boolean, outcome: Outcome, otherwise: 'fail' | 'warn' = 'fail'): Check {
  const { remedy, ...rest } = outcome
  const evidence = (outcome.evidence ?? []).slice(0, maxEvidence)
  if (ok) return { ...rest, status: 'pass', evidence }
  return { ...rest, status: otherwise, evidence, ...(remedy && { remedy }) }
}
