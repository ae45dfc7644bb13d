import type { MlflowMetric } from '../../schemas/mlflow.ts'
import type { LogLine } from '../metrics/append-rows.ts'

/**
 * The metrics of a request as lines in the order given: those of one step and time share a line. A second value of a metric at one
 * step and time begins another line, unless it is the same value.
 */
export function metricLines(metrics: readonly MlflowMetric[]): LogLine[] {
  const lines: { step: number; time: number; data: Map<string, number> }[] = []
  for (const { key, value, timestamp, step } of metrics) {
    const line = lines.findLast((each) => each.step === step && each.time === timestamp)
    if (line && Object.is(line.data.get(key), value)) continue
    if (line && !line.data.has(key)) line.data.set(key, value)
    else lines.push({ step, time: timestamp, data: new Map([[key, value]]) })
  }
  return lines.map(({ data, ...line }) => ({ ...line, data: Object.fromEntries(data) }))
}
