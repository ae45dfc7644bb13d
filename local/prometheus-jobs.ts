import { Counter, Gauge, type Registry } from 'prom-client'
import { queryAll } from '../core/platform/paging.ts'
import type { Draft, Table } from '../core/platform/ports.ts'

const maxEpisodes = 10_000

/** Jobs by status and anomalies by rule, as the control table is written: one read of all jobs, at the first scrape. */
export function countJobs(registry: Registry) {
  const statuses = new Map<string, string>()
  /** Anomalies by place, with the severity that was counted: what grows worse counts again. */
  const episodes = new Map<string, string>()
  const anomalies = new Counter({
    name: 'sluice_anomalies_total',
    help: 'Anomalies that the diagnostic rules opened or found worse since the server started.',
    labelNames: ['rule', 'severity'] as const,
    registers: [registry],
  })

  const jobs = new Gauge({
    name: 'sluice_jobs',
    help: 'Jobs by status.',
    labelNames: ['status'] as const,
    registers: [registry],
  })
  let all: Promise<void> | undefined

  function see({ pk, sk, data }: Draft, isNew: boolean): void {
    if (!pk.startsWith('JOB#')) return
    if (sk === 'META') statuses.set(pk, String(data.status))
    if (sk.startsWith('AN#')) seeAnomaly(`${pk}#${sk}`, String(data.rule), String(data.severity), isNew)
  }

  function seeAnomaly(place: string, rule: string, severity: string, isNew: boolean): void {
    const counted = episodes.get(place)
    if (isNew || (counted !== undefined && counted !== severity)) anomalies.labels(rule, severity).inc()
    episodes.delete(place)
    episodes.set(place, severity)
    const [oldest] = episodes.keys()
    if (episodes.size > maxEpisodes && oldest !== undefined) episodes.delete(oldest)
  }

  return {
    around: (table: Table): Table => ({
      get: (key) => table.get(key),
      query: (query) => table.query(query),
      delete: (key, guard) => table.delete(key, guard),
      async put(draft, guard, event) {
        const item = await table.put(draft, guard, event)
        see(draft, item.version === 1)
        return item
      },
    }),
    async refresh(table: Table): Promise<void> {
      all ??= readAll(table, statuses)
      await all.catch((error) => {
        all = undefined
        throw error
      })
      const counts = Map.groupBy(statuses.values(), (status) => status)
      jobs.reset()
      for (const [status, { length }] of counts) jobs.labels(status).set(length)
    },
  }
}

/** What was written meanwhile is newer than what is read. */
async function readAll(table: Table, statuses: Map<string, string>): Promise<void> {
  for await (const { pk, data } of queryAll(table, { pk: 'JOBS', index: 'gsi2', limit: 1000 }))
    if (!statuses.has(pk)) statuses.set(pk, String(data.status))
}
