import type { MetricBuckets, MetricSeries } from '../../../schemas/metrics.ts'
import type { MetricLine } from '../../../schemas/trainer-contract.ts'
import type { LoggedAttempt } from './logged.ts'

type Row = { step: number; time: number; attempt: number; data: Map<string, number> }
export type Point = { step: number; time: number; value: number }

/** The rows of one attempt as the rules say it, the slow way. */
export function naiveRows({ attempt, segments }: LoggedAttempt): Row[] {
  const rows = new Map<number, Row>()
  for (const { step, ts, data } of segments.flat()) {
    const row = rows.get(step) ?? { step, time: Date.parse(ts), attempt, data: new Map() }
    rows.set(step, row)
    for (const [name, value] of Object.entries(data)) row.data.set(name, Number(value))
  }
  return [...rows.values()].sort((a, b) => a.step - b.step)
}

/** The rows of a stage that count. */
export function naiveStage(attempts: readonly LoggedAttempt[], stage: number): Row[] {
  const own = attempts.filter((each) => each.stage === stage)
  const firsts = own.map(({ segments }) => (segments.flat()[0] as MetricLine).step)
  return own
    .flatMap((attempt, i) =>
      naiveRows(attempt).filter(
        ({ step }) => (i === 0 || step >= (firsts[i] as number)) && firsts.slice(i + 1).every((first) => step < first),
      ),
    )
    .sort((a, b) => a.step - b.step)
}

export function naivePoints(rows: readonly Row[], name: string): Point[] {
  return rows.flatMap(({ step, time, data }) => {
    const value = data.get(name)
    return value === undefined ? [] : [{ step, time, value }]
  })
}

export const naiveNames = (rows: readonly Row[]): string[] =>
  [...new Set(rows.flatMap(({ data }) => [...data.keys()]))].sort()

/** Every series, as points with times. */
export function naiveSeries(
  attempts: readonly LoggedAttempt[],
): Pick<MetricSeries, 'stage' | 'name' | 'points' | 'times'>[] {
  const stages = [...new Set(attempts.map(({ stage }) => stage))].sort((a, b) => a - b)
  return stages.flatMap((stage) => {
    const rows = naiveStage(attempts, stage)
    return naiveNames(rows).map((name) => {
      const points = naivePoints(rows, name)
      return {
        stage,
        name,
        points: points.map(({ step, value }) => [step, wire(value)] as [number, number | 'NaN']),
        times: points.map(({ time }) => time),
      }
    })
  })
}

export const wire = (value: number) => (Number.isFinite(value) ? value : (String(value) as 'NaN'))

/** `parts` equal parts of the steps `from` to `to`. */
export function naiveBuckets(points: readonly Point[], from: number, to: number, most: number): MetricBuckets {
  const parts = Math.min(most, to - from + 1)
  const groups = new Map<number, Point[]>()
  for (const point of points) {
    const part = Math.min(parts - 1, Math.floor((point.step - from) / ((to - from + 1) / parts)))
    groups.set(part, [...(groups.get(part) ?? []), point])
  }
  const each = <T>(pick: (group: Point[]) => T) => [...groups.values()].map(pick)
  const finite = (group: Point[]) => group.map(({ value }) => value).filter(Number.isFinite)
  const count = (group: Point[], wanted: number) => group.filter(({ value }) => Object.is(value, wanted)).length
  return {
    from: each((group) => group[0]?.step as number),
    to: each((group) => group.at(-1)?.step as number),
    time: each((group) => group[0]?.time as number),
    count: each((group) => group.length),
    min: each((group) => finite(group).reduce<number | null>((a, b) => (a === null || b < a ? b : a), null)),
    max: each((group) => finite(group).reduce<number | null>((a, b) => (a === null || b > a ? b : a), null)),
    mean: each((group) => exactMean(finite(group))),
    nan: each((group) => count(group, Number.NaN)),
    positive_infinity: each((group) => count(group, Number.POSITIVE_INFINITY)),
    negative_infinity: each((group) => count(group, Number.NEGATIVE_INFINITY)),
  }
}

/** By whole numbers of 2^-1074, to the last bit or two; null of nothing. */
export function exactMean(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sum = values.reduce((total, value) => total + toUnits(value), 0n)
  const quotient = ((sum < 0n ? -sum : sum) << 64n) / BigInt(values.length)
  const drop = Math.max(0, quotient.toString(2).length - 64)
  const half = (drop - 64 - 1074) / 2
  const mean = Number(quotient >> BigInt(drop)) * 2 ** Math.floor(half) * 2 ** Math.ceil(half)
  return sum < 0n ? -mean : mean
}

/** A double as a whole number of 2^-1074. */
function toUnits(value: number): bigint {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value)
  const raw = bits.getBigUint64(0)
  const exponent = Number((raw >> 52n) & 0x7ffn)
  const fraction = raw & 0xfffffffffffffn
  const size = exponent === 0 ? fraction : (fraction | 0x10000000000000n) << BigInt(exponent - 1)
  return raw >> 63n ? -size : size
}
