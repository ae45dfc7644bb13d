import { type Breach, invalid } from '../../platform/fault.ts'

export interface LeakOptions {
  ngram: number
  /** Containment from which a sample leaks, 0 < threshold <= 1. */
  threshold: number
  masked: boolean
}

export const leakDefaults: LeakOptions = { ngram: 5, threshold: 0.85, masked: true }

/** Fault `invalid` with every option that breaks its rule. */
export function checkLeakOptions({ ngram, threshold }: LeakOptions): void {
  const errors: Breach[] = []
  if (!(Number.isInteger(ngram) && ngram >= 1 && ngram <= 32))
    errors.push(breach('ngram', `${ngram} is not a whole number from 1 to 32`, 'Give 5, or another number of words.'))
  if (!(threshold > 0 && threshold <= 1))
    errors.push(breach('threshold', `${threshold} is not above 0 and at most 1`, 'Give 0.85, or another share.'))
  if (errors.length > 0) throw invalid('leak check', errors)
}

function breach(name: string, problem: string, remedy: string): Breach {
  return { pointer: `/${name}`, code: 'out_of_range', message: `${name} ${problem}`, remedy }
}
