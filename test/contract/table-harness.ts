import type { BusinessEvent } from '../../core/platform/business-events.ts'
import type { Draft, Item, Table, TableQuery } from '../../core/platform/ports.ts'

/** What a driver gives the suite. The store may hold other items: every test keeps to its own partition keys. */
export interface TableHarness {
  table: Table
  /** Every event that was stored with an item so far, repeats included, in any order. */
  events(): Promise<BusinessEvent[]>
  close(): Promise<void>
}

export type OpenTable = () => Promise<TableHarness>

let scopes = 0

/** A partition key that no other test and no earlier run used. */
export function ownPartition(): string {
  scopes += 1
  return `T#${Date.now().toString(36)}-${process.pid}-${scopes}`
}

export function draft(pk: string, sk: string, data: Draft['data'] = {}): Draft {
  return { pk, sk, data }
}

export function eventOf(subject: string, id: string): BusinessEvent {
  return { id, type: 'job.changed.v1', time: '2026-11-20T10:00:00.000Z', subject, data: { status: 'running' } }
}

/** Follows cursors to the end. */
export async function allPages(table: Table, query: TableQuery): Promise<Item[]> {
  const items: Item[] = []
  for (let cursor = query.cursor; ; ) {
    const page = await table.query(cursor === undefined ? query : { ...query, cursor })
    items.push(...page.items)
    cursor = page.cursor
    if (cursor === undefined) return items
  }
}
