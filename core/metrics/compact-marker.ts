import { putOnce } from '../platform/guarded-write.ts'
import { queryAll } from '../platform/paging.ts'
import type { Key, Table } from '../platform/ports.ts'
import { attemptKey } from './attempt-key.ts'
import type { Source } from './metric-store.ts'

const pk = 'COMPACTION'

const markerKey = (source: Source): Key => ({ pk, sk: `${source.job}#${attemptKey(source)}` })

/** Notes that an attempt will have to be compacted when it is over. Idempotent. */
export async function markOpen(metrics: Table, { job, stage, attempt }: Source): Promise<void> {
  const source = { job, stage, attempt }
  await putOnce(metrics, { ...markerKey(source), data: source })
}

/** Every attempt that is marked and not compacted yet, in the order of jobs, stages and attempts. */
export async function* listOpen(metrics: Table): AsyncGenerator<Source> {
  for await (const { data } of queryAll(metrics, { pk, limit: 1000 })) yield data as unknown as Source
}

/** Nothing is left to do for the attempt. Idempotent. */
export async function unmarkOpen(metrics: Table, source: Source): Promise<void> {
  await metrics.delete(markerKey(source), 'any')
}
