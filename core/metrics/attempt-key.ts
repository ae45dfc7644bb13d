import type { Source } from './metric-store.ts'

/** The part of a sort key that names an attempt. */
export const attemptKey = ({ stage, attempt }: Omit<Source, 'job'>): string =>
  `${String(stage).padStart(3, '0')}#${String(attempt).padStart(4, '0')}`
