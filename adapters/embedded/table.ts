import type { StatementSync } from 'node:sqlite'
import { Fault } from '../../core/platform/fault.ts'
import type { Clock, Item, Key, Page, Table, TableGuard, TableQuery } from '../../core/platform/ports.ts'
import { decodeCursor, encodeCursor } from '../../core/platform/table-cursor.ts'
import { checkDraft, checkKey, checkQuery, PAGE_BYTES } from '../../core/platform/table-limits.ts'
import type { Database } from './database.ts'
import { prepareAppend } from './outbox.ts'
import { positionOf, selectPage } from './table-query.ts'
import { COLUMNS, type Row, toItem, toRow } from './table-row.ts'

const SWEEP_EVERY_MS = 60_000
const SWEEP_ITEMS = 64

/** The Table port over SQLite, with DynamoDB's limits. `publishes: false` refuses events, like a table without a stream. */
export function createTable(
  database: Database,
  name: string,
  clock: Clock,
  options: { publishes?: boolean } = {},
): Table {
  const { handle } = database
  const publishes = options.publishes ?? true
  const append = prepareAppend(database, clock)
  const select = handle.prepare(`select ${COLUMNS} from items where tbl = ? and pk = ? and sk = ?`)
  const selectVersion = handle.prepare('select version from items where tbl = ? and pk = ? and sk = ?')
  const insert = handle.prepare(
    `insert into items (tbl, ${COLUMNS}) values (:tbl, :pk, :sk, :gsi1pk, :gsi1sk, :gsi2pk, :gsi2sk, :expires_at, :version, :size, :data, :bytes)`,
  )
  const update = handle.prepare(
    `update items set gsi1pk = :gsi1pk, gsi1sk = :gsi1sk, gsi2pk = :gsi2pk, gsi2sk = :gsi2sk, expires_at = :expires_at,
     version = :version, size = :size, data = :data, bytes = :bytes where tbl = :tbl and pk = :pk and sk = :sk`,
  )
  const remove = handle.prepare('delete from items where tbl = ? and pk = ? and sk = ?')
  const sweep = handle.prepare(
    `delete from items where id in (select id from items where tbl = ? and expires_at <= ? limit ${SWEEP_ITEMS})`,
  )
  const pages = new Map<string, StatementSync>()
  let sweptAt = clock.now().getTime()

  function storedVersion(key: Key): number | undefined {
    return selectVersion.get(name, key.pk, key.sk)?.version as number | undefined
  }

  function sweepExpired(): void {
    const now = clock.now().getTime()
    if (now - sweptAt < SWEEP_EVERY_MS) return
    const { changes } = sweep.run(name, Math.floor(now / 1000))
    if (changes < SWEEP_ITEMS) sweptAt = now
  }

  function rowsOf(query: TableQuery): Iterable<Row> {
    const position = query.cursor === undefined ? undefined : decodeCursor(name, query, query.cursor)
    const { sql, parameters } = selectPage(name, query, position)
    const statement = pages.get(sql) ?? handle.prepare(sql)
    pages.set(sql, statement)
    return statement.iterate(...parameters) as Iterable<Row>
  }

  return {
    async get(key) {
      checkKey(key, '')
      const row = database.read(() => select.get(name, key.pk, key.sk)) as Row | undefined
      return row && toItem(row)
    },
    async put(draft, guard, event) {
      if (event && !publishes)
        throw new Fault('invalid', `table ${name} publishes no events: ${event.type} would be lost`)
      const row = toRow(draft, checkDraft(draft, event))
      return database.write(() => {
        const stored = storedVersion(row)
        checkGuard(name, row, guard, stored)
        const next = { ...row, version: (stored ?? 0) + 1 }
        ;(stored === undefined ? insert : update).run({ tbl: name, ...next })
        if (event) append(event)
        sweepExpired()
        return toItem(next)
      })
    },
    async delete(key, guard) {
      checkKey(key, '')
      const { pk, sk } = key
      return database.write(() => {
        checkGuard(name, { pk, sk }, guard, storedVersion({ pk, sk }))
        remove.run(name, pk, sk)
      })
    },
    async query(query) {
      const limit = checkQuery(query)
      return database.read(() => takePage(name, query, limit, rowsOf(query)))
    },
  }
}

function checkGuard(table: string, key: Key, guard: TableGuard, stored: number | undefined): void {
  if (guard === 'any') return
  const expected = guard === 'absent' ? undefined : guard.version
  if (expected === stored) return
  const found = stored === undefined ? 'is absent' : `has version ${stored}`
  const wanted = expected === undefined ? 'it to be absent' : `version ${expected}`
  throw new Fault(
    'conflict',
    `item ${key.pk} / ${key.sk} in table ${table} ${found}, the write expects ${wanted}: read it again`,
  )
}

function takePage(table: string, query: TableQuery, limit: number, rows: Iterable<Row>): Page<Item> {
  const items: Item[] = []
  let bytes = 0
  let last: Row | undefined
  for (const row of rows) {
    bytes += row.size
    if (last && (items.length === limit || bytes > PAGE_BYTES))
      return { items, cursor: encodeCursor(table, query, positionOf(last, query.index)) }
    items.push(toItem(row))
    last = row
  }
  return { items }
}
