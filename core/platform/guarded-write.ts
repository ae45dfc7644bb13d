import type { BusinessEvent } from './business-events.ts'
import { Fault, isFault } from './fault.ts'
import type { Draft, Item, Key, Table } from './ports.ts'

/** Writes what must exist once. A second writer gets the first one's item and `created: false`. */
export async function putOnce(
  table: Table,
  draft: Draft,
  event?: BusinessEvent,
): Promise<{ item: Item; created: boolean }> {
  try {
    return { item: await table.put(draft, 'absent', event), created: true }
  } catch (error) {
    if (!isFault(error, 'conflict')) throw error
    const item = await table.get(draft)
    if (item === undefined) throw error
    return { item, created: false }
  }
}

/**
 * Reads, decides, writes under the version read; starts over when somebody was faster. `decide` is pure and may run several
 * times; it returns undefined to leave the item as it is.
 */
export async function change(
  table: Table,
  key: Key,
  decide: (item: Item | undefined) => { draft: Draft; event?: BusinessEvent } | undefined,
): Promise<Item | undefined> {
  for (let round = 0; round < 16; round++) {
    const item = await table.get(key)
    const decision = decide(item)
    if (decision === undefined) return item
    try {
      return await table.put(decision.draft, item === undefined ? 'absent' : { version: item.version }, decision.event)
    } catch (error) {
      if (!isFault(error, 'conflict')) throw error
    }
  }
  throw new Fault('busy', `${key.pk} ${key.sk} changed 16 times while it was being written; try again`)
}
