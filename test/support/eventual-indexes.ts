import { openDatabase } from '../../adapters/embedded/database.ts'
import { createTable } from '../../adapters/embedded/table.ts'
import type { Clock, Draft, Key, Table } from '../../core/platform/ports.ts'

/**
 * Index queries answer as the table was `lagMs` ago, as DynamoDB's may; everything else is passed on. Covers writes made
 * through the returned table, so wrap it before the first one.
 */
export function withEventualIndexes(table: Table, clock: Clock, lagMs: number): Table {
  const replica = createTable(openDatabase(':memory:'), 'replica', clock)
  const late: { at: number; apply: () => Promise<unknown> }[] = []

  function replicate(apply: () => Promise<unknown>): void {
    late.push({ at: clock.now().getTime() + lagMs, apply })
  }

  async function catchUp(): Promise<void> {
    const now = clock.now().getTime()
    for (let next = late[0]; next && next.at <= now; next = late[0]) {
      late.shift()
      await next.apply()
    }
  }

  return {
    get: (key) => table.get(key),
    async put(draft, guard, event) {
      const item = await table.put(draft, guard, event)
      const copy: Draft = structuredClone(item)
      replicate(() => replica.put(copy, 'any'))
      return item
    },
    async delete(key, guard) {
      await table.delete(key, guard)
      const { pk, sk }: Key = key
      replicate(() => replica.delete({ pk, sk }, 'any'))
    },
    async query(query) {
      if (query.index === undefined) return table.query(query)
      await catchUp()
      return replica.query(query)
    },
  }
}
