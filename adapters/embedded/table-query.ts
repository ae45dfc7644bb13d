import type { TableQuery } from '../../core/platform/ports.ts'
import type { Position } from '../../core/platform/table-cursor.ts'
import { COLUMNS, type Row } from './table-row.ts'

export interface Select {
  sql: string
  parameters: string[]
}

/** The rows of one query in order, after `position`. */
export function selectPage(table: string, query: TableQuery, position: Position | undefined): Select {
  const pk = query.index ? `${query.index}pk` : 'pk'
  const sk = query.index ? `${query.index}sk` : 'sk'
  const order = query.index ? [sk, 'pk', 'sk'] : [sk]
  const conditions = ['tbl = ?', `${pk} = ?`]
  const parameters = [table, query.pk]
  function where(condition: string, ...values: string[]): void {
    conditions.push(condition)
    parameters.push(...values)
  }
  const { from, to, below } = bounds(query.sk)
  if (from) where(`${sk} >= ?`, from)
  if (to) where(`${sk} <= ?`, to)
  if (below) where(`${sk} < ?`, below)
  if (position) where(`(${order}) ${query.descending ? '<' : '>'} (${position.map(() => '?')})`, ...position)
  const sorting = order.map((column) => (query.descending ? `${column} desc` : column))
  return { sql: `select ${COLUMNS} from items where ${conditions.join(' and ')} order by ${sorting}`, parameters }
}

/** Where a page that ends with `row` goes on. */
export function positionOf(row: Row, index: TableQuery['index']): Position {
  if (index === undefined) return [row.sk]
  return [row[`${index}sk`] ?? '', row.pk, row.sk]
}

function bounds(range: TableQuery['sk']): { from?: string; to?: string; below?: string } {
  if (range === undefined) return {}
  if (!('prefix' in range)) return range
  const below = successor(range.prefix)
  return below === undefined ? { from: range.prefix } : { from: range.prefix, below }
}

// The smallest text above every text with this prefix. UTF-8 bytes order like code points, so the last one is raised.
function successor(prefix: string): string | undefined {
  const points = [...prefix]
  while (points.length > 0) {
    const last = points.pop()?.codePointAt(0) ?? 0
    if (last < 0x10ffff) return points.join('') + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1)
  }
  return undefined
}
