import { systemClock } from '../../adapters/system/clock.ts'
import type { BusinessEvent } from '../../core/platform/business-events.ts'
import type { Blobs, Clock, Draft, Item, Key, Platform, Table } from '../../core/platform/ports.ts'
import { checkDraft } from '../../core/platform/table-limits.ts'
import { manifest } from '../../functions/manifest.ts'
import { add, type Bill } from './prices.ts'

/** The platform with every call of a store and of the signer counted as AWS would charge the drivers of adapters/aws for it. */
export function metered<P extends Platform>(
  platform: P,
  bill: Bill,
  onEvent: (event: BusinessEvent) => void = () => {},
): P {
  return {
    ...platform,
    table: meteredTable(platform.table, bill, onEvent),
    metrics: meteredTable(platform.metrics, bill),
    blobs: meteredBlobs(platform.blobs, bill),
    signer: {
      ...platform.signer,
      async sign(bytes: Uint8Array) {
        add(bill, 'kms_sign', 1)
        return platform.signer.sign(bytes)
      },
    },
  }
}

/** Counts calls while `counts` says so; whoever took a port before that is counted too. */
export function meteredWhile(
  platform: Platform,
  counts: () => boolean,
  bill: Bill,
  onEvent: (event: BusinessEvent) => void,
): Platform {
  const counted = metered(platform, bill, onEvent)
  const switched = <Port extends object>(plain: Port, metered: Port): Port =>
    new Proxy(plain, { get: (_, method) => Reflect.get(counts() ? metered : plain, method) })
  const { table, metrics, blobs, signer } = counted
  return {
    ...platform,
    table: switched(platform.table, table),
    metrics: switched(platform.metrics, metrics),
    blobs: switched(platform.blobs, blobs),
    signer: switched(platform.signer, signer),
  }
}

const ticks = new Set(manifest.flatMap(({ trigger }) => (trigger.kind === 'schedule' ? [trigger.embeddedSeconds] : [])))

/** On it the schedules run once: on AWS they tick every five minutes, whatever a job does. */
export const clockWithoutTicks: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ticks.has(ms / 1000) ? 24 * 3600 * 1000 : ms, signal),
}

const kb = 1024
const reads = (bytes: number) => Math.max(1, Math.ceil(bytes / (4 * kb)))
const sizeOf = ({ version: _, ...draft }: Item) => checkDraft(draft, undefined)

function meteredTable(table: Table, bill: Bill, onEvent?: (event: BusinessEvent) => void): Table {
  const read = (items: Item[], perFour: number) => {
    const bytes = items.reduce((sum, item) => sum + sizeOf(item), 0)
    add(bill, 'dynamodb_read_unit', reads(bytes) * perFour)
  }
  return {
    async get(key: Key) {
      const item = await table.get(key)
      read(item ? [item] : [], 1)
      return item
    },
    async put(draft: Draft, guard, event) {
      const before = await table.get(draft)
      // A failed condition is charged like a write of what is there.
      const bytes = checkDraft(draft, event)
      add(bill, 'dynamodb_write_unit', Math.ceil(bytes / kb) + indexWrites(draft, before, bytes))
      if (event) for (const price of ['events_custom', 'pipe_request'] as const) add(bill, price, 1)
      if (event) onEvent?.(event)
      return table.put(draft, guard, event)
    },
    async delete(key, guard) {
      add(bill, 'dynamodb_write_unit', 1)
      return table.delete(key, guard)
    },
    async query(query) {
      // The driver reads one item more, to know whether another page follows.
      const { items } = await table.query({ ...query, limit: Math.min(1000, (query.limit ?? 100) + 1) })
      read(items, query.index ? 0.5 : 1)
      return table.query(query)
    },
  }
}

/** An index holds the whole item: written once for each, twice when its key moves. */
function indexWrites(draft: Draft, before: Item | undefined, bytes: number): number {
  return (['gsi1', 'gsi2'] as const).reduce((sum, index) => {
    const [now, then] = [draft[index], before?.[index]]
    const moved = then && (!now || now.pk !== then.pk || now.sk !== then.sk)
    return sum + Math.ceil(bytes / kb) * ((now ? 1 : 0) + (moved ? 1 : 0))
  }, 0)
}

function meteredBlobs(blobs: Blobs, bill: Bill): Blobs {
  const puts = () => add(bill, 's3_put', 1)
  const gets = () => add(bill, 's3_get', 1)
  return {
    ...blobs,
    put(...given) {
      puts()
      return blobs.put(...given)
    },
    get(...given) {
      gets()
      return blobs.get(...given)
    },
    read(key) {
      gets()
      return blobs.read(key)
    },
    head(key) {
      gets()
      return blobs.head(key)
    },
    list(query) {
      // A list is charged like a put.
      puts()
      return blobs.list(query)
    },
  }
}
