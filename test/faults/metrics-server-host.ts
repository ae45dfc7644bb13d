// A server that kills itself, by SIGKILL, at an effect that a test names; or that hangs there for good.
import type { Platform, Table } from '../../core/platform/ports.ts'
import { startServer } from '../../local/server.ts'

export interface Death {
  what: 'ingest' | 'finding' | 'compaction'
  /** Which effect of the kind, from 1. */
  at: number
  when: 'before' | 'after' | 'hang'
}

const death = JSON.parse(process.argv[3] ?? 'null') as Death | null
let effects = 0

async function effect<T>(kind: Death['what'] | undefined, act: () => Promise<T>): Promise<T> {
  if (kind === undefined || kind !== death?.what || ++effects !== death.at) return act()
  if (death.when === 'hang') return new Promise(() => {})
  // Another pass may have been faster: then it is done too.
  if (death.when === 'after') await act().catch(() => {})
  process.kill(process.pid, 'SIGKILL')
  return new Promise(() => {})
}

function kindOf(sk: string): Death['what'] | undefined {
  if (/^[MDJ]#/.test(sk)) return 'ingest'
  return sk.startsWith('B#') ? 'compaction' : undefined
}

const around = (drivers: Platform): Platform => {
  const metrics: Table = {
    ...drivers.metrics,
    put: (draft, guard) => effect(kindOf(draft.sk), () => drivers.metrics.put(draft, guard)),
    delete: (key, guard) =>
      effect(key.pk === 'COMPACTION' ? 'compaction' : undefined, () => drivers.metrics.delete(key, guard)),
  }
  const table: Table = {
    ...drivers.table,
    put(draft, guard, event) {
      const isFinding = event?.type === 'job.anomaly.v1' || draft.sk.startsWith('AN#')
      return effect(isFinding ? 'finding' : undefined, () => drivers.table.put(draft, guard, event))
    },
  }
  const put: Platform['blobs']['put'] = (key, body, guard) =>
    effect(key.endsWith('.columns') ? 'compaction' : undefined, () => drivers.blobs.put(key, body, guard))
  return { ...drivers, metrics, table, blobs: { ...drivers.blobs, put } }
}

const config = { directory: process.argv[2] ?? '', port: 0, maxExecutions: 4, maxTrainers: 2, graceSeconds: 2 }
const { url, token, stop } = await startServer(config, () => {}, { around })
process.once('SIGTERM', () => stop().then(() => process.exit(0)))
process.stdout.write(`${JSON.stringify({ url, token })}\n`)
