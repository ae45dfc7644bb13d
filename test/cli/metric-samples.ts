import type { MetricBranch, MetricSeries } from '../../schemas/metrics.ts'

/** Parts of one step each. */
export function parted(name: string, means: (number | null)[], change: Partial<MetricSeries> = {}): MetricSeries {
  const each = <T>(value: (mean: number | null, i: number) => T) => means.map(value)
  const buckets = {
    from: each((_, i) => i + 1),
    to: each((_, i) => i + 1),
    time: each(() => null),
    count: each(() => 1),
    min: means,
    max: means,
    mean: means,
    nan: each((mean) => (mean === null ? 1 : 0)),
    positive_infinity: each(() => 0),
    negative_infinity: each(() => 0),
  }
  return { stage: 0, name, unit: '', points: [], buckets, ...change }
}
/** A series of one point. */
export const last = (
  name: string,
  step: number,
  value: MetricSeries['points'][number][1],
  stage = 0,
): MetricSeries => ({
  stage,
  name,
  unit: '',
  points: [[step, value]],
})

/** Of an attempt of 60 rows, of which the first 40 count. */
export const branch = (change: Partial<MetricBranch>): MetricBranch => ({
  ...{
    stage: 0,
    attempt: 1,
    rows: 60,
    points: 120,
    segments: 3,
    first_step: 1,
    last_step: 60,
    wins: { from: 1, to: 40 },
  },
  ...{ first_time: null, last_time: null, names: [], junk_lines: 0, backward_steps: 0, type_changes: 0 },
  ...{ refused_names: 0, junk: [], compacted: false },
  ...change,
})
