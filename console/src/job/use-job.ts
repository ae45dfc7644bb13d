import { type ComputedRef, computed, type InjectionKey, inject, provide, shallowRef } from 'vue'
import type { Anomaly } from '../../../schemas/diagnostics.ts'
import type { JobView } from '../../../schemas/job.ts'
import { client } from '../api/client.ts'
import { type Load, useLoad } from '../state/use-load.ts'
import { usePolling } from '../state/use-polling.ts'

export interface JobContext {
  job: Load<JobView>
  anomalies: Load<Anomaly[]>
  cost: Load<number | null | undefined>
  isUnderWay: ComputedRef<boolean>
  /** A step to which the charts go. */
  jump: ReturnType<typeof shallowRef<{ step: number; stage: number } | undefined>>
  addAnomaly: (anomaly: Anomaly) => void
}

const key: InjectionKey<JobContext> = Symbol('job')
const ended = ['succeeded', 'failed', 'refused', 'cancelled']

/** The job of a page and of the views in it, asked for again while it is under way. */
export function provideJob(id: () => string): JobContext {
  const job = useLoad(id, (signal) => client.call('getJob', { params: { job: id() } }, { signal }))
  const anomalies = useLoad(id, async (signal) => {
    const found = await client.call('listAnomalies', { params: { job: id() } }, { signal })
    return found.anomalies
  })
  const cost = useLoad(id, (signal) => costOf(id(), signal))
  const isUnderWay = computed(() => job.value !== undefined && !ended.includes(job.value.status))
  usePolling(2, () => isUnderWay.value, job.reload)
  usePolling(20, () => isUnderWay.value, cost.reload)
  const addAnomaly = (anomaly: Anomaly) => {
    anomalies.value = [...(anomalies.value ?? []).filter((each) => each.id !== anomaly.id), anomaly]
  }
  const context: JobContext = { job, anomalies, cost, isUnderWay, jump: shallowRef(), addAnomaly }
  provide(key, context)
  return context
}

export function useJob(): JobContext {
  const context = inject(key)
  if (!context) throw new Error('a view of a job stands outside the page of a job')
  return context
}

/** Of the dashboard, whose lines have it; undefined where the job is not on its first page. */
async function costOf(id: string, signal: AbortSignal): Promise<number | null | undefined> {
  const { items } = await client.call('getDashboard', { query: { limit: 200 } }, { signal })
  return items.find((each) => each.id === id)?.cost_usd
}
