import { shallowReactive, watch } from 'vue'
import type { Problem } from '../../../schemas/problem.ts'
import { client } from '../api/client.ts'
import { toProblem } from '../api/problem.ts'
import { type MetricSet, metricSetOf } from '../series/metric-set.ts'
import type { Metrics } from './use-metrics.ts'

interface Overlay {
  /** 0: none. */
  attempt: number
  set: MetricSet
  problem: Problem | undefined
}

/** What one attempt logged, to be drawn over the winning view. */
export function useOverlay(job: () => string, metrics: Metrics, first: number): Overlay {
  const overlay = shallowReactive<Overlay>({ attempt: first, set: new Map(), problem: undefined })
  watch(
    [() => overlay.attempt, () => metrics.stage, () => metrics.range, () => metrics.more],
    async ([attempt, stage, range]) => {
      overlay.problem = undefined
      if (attempt === 0 || stage === undefined) {
        overlay.set = new Map()
        return
      }
      const part = range && { start_step: range.from, end_step: range.to }
      try {
        const names = [...metrics.drawn().keys()].join(',')
        const query = { stage, attempt, buckets: 600, names, ...part }
        const { series } = await client.call('getMetrics', { params: { job: job() }, query })
        if (overlay.attempt === attempt && metrics.stage === stage) overlay.set = metricSetOf(series)
      } catch (error) {
        overlay.problem = toProblem(error)
      }
    },
    { immediate: true },
  )
  return overlay
}
