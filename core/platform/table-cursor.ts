import { createHash } from 'node:crypto'
import { Fault } from './fault.ts'
import type { TableQuery } from './ports.ts'

/** Where a page ended: `[sk]` in the table, `[index sk, pk, sk]` in an index. */
export type Position = [string, ...string[]]

/** Opaque text that only the same query (table, pk, index, direction) can read. */
export function encodeCursor(table: string, query: TableQuery, position: Position): string {
  return Buffer.from(JSON.stringify([binding(table, query), ...position])).toString('base64url')
}

/** The position in `query.cursor`. Fault `invalid` when another query gave it, or when it lies outside the sk range. */
export function decodeCursor(table: string, query: TableQuery, cursor: string): Position {
  const parts = parse(cursor)
  const length = query.index === undefined ? 2 : 4
  if (parts?.length !== length || parts[0] !== binding(table, query))
    throw new Fault('invalid', 'the cursor belongs to another query: use it with the same pk, index and direction')
  const position = parts.slice(1) as Position
  if (inRange(position[0], query.sk)) return position
  throw new Fault('invalid', 'the cursor lies outside the sk range of this query: start without a cursor')
}

function binding(table: string, query: TableQuery): string {
  const scope = JSON.stringify([1, table, query.pk, query.index ?? '', query.descending ?? false])
  return createHash('sha256').update(scope).digest('base64url').slice(0, 16)
}

function parse(cursor: string): string[] | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(parts) && parts.every((part) => typeof part === 'string') ? parts : undefined
  } catch {
    return undefined
  }
}

function inRange(sk: string, range: TableQuery['sk']): boolean {
  if (range === undefined) return true
  if ('prefix' in range) return sk.startsWith(range.prefix)
  const bytes = Buffer.from(sk)
  if (range.from !== undefined && Buffer.compare(bytes, Buffer.from(range.from)) < 0) return false
  return range.to === undefined || Buffer.compare(bytes, Buffer.from(range.to)) <= 0
}
