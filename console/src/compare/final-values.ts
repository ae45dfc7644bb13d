import type { Bucketed } from '../series/bucketed.ts'

/** Mean of the newest bucket that has a finite value, else NaN. */
export function finalOf({ mean }: Bucketed): number {
  return mean.findLast((each) => !Number.isNaN(each)) ?? Number.NaN
}

/** The least of a loss, the greatest of a reward or an accuracy; undefined where neither end is better. */
export function bestOf(name: string, { min, max }: Bucketed): number | undefined {
  const isLess = name.includes('loss')
  if (!isLess && !/reward|accuracy/.test(name)) return undefined
  const values = (isLess ? min : max).filter((each) => !Number.isNaN(each))
  if (values.length === 0) return undefined
  return values.reduce((best, each) => (isLess ? Math.min(best, each) : Math.max(best, each)))
}
