import type { Context } from '../context.ts'
import type { PageOptions } from './arguments.ts'

/** Says on stderr how to get the next page, so that stdout holds rows only. */
export function noteNextPage(context: Context, words: readonly string[], options: PageOptions, next: string | null): void {
  if (next === null) return
  context.note(context.paint('dim', `more: sluice ${words.join(' ')} --limit ${options.limit} --after ${quoted(next)}`))
}

function quoted(cursor: string): string {
  return /^[\w@%+=:,./-]+$/.test(cursor) ? cursor : `'${cursor.replaceAll("'", "'\\''")}'`
}
