import { halve } from '../series/bucketed.ts'
import type { StepRange } from '../series/locate.ts'
import { count, measure } from '../state/format.ts'
import { type Line, windowOf } from './picture.ts'
import { oddOf } from './readout.ts'

const most = 50

/** The part of a line within a range as rows of a table: buckets are merged until they are few. */
export function tableRows({ series, label }: Line, range: StepRange | undefined) {
  const [start, end] = windowOf(series, range)
  const part = { ...series }
  for (const key of ['from', 'to', 'time', 'count', 'min', 'max', 'mean', 'nan', 'up', 'down'] as const)
    part[key] = series[key].slice(start, end)
  while (part.from.length > most) halve(part)
  return part.from.map((from, index) => {
    const to = part.to[index] ?? from
    return {
      steps: from === to ? count(from) : `${count(from)} to ${count(to)}`,
      name: label,
      mean: measureOr(part.mean[index]),
      min: measureOr(part.min[index]),
      max: measureOr(part.max[index]),
      odd: oddOf(part, index),
    }
  })
}

function measureOr(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '' : measure(value)
}
