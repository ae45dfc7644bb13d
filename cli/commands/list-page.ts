import type { Answer, Input } from '../client.ts'
import type { Context } from '../context.ts'
import { type Column, table } from '../text/table.ts'

type ListName =
  | 'listJobs'
  | 'listRecipes'
  | 'listDatasets'
  | 'listDatasetVersions'
  | 'listDrops'
  | 'listBuilds'
  | 'listDroppedRows'
  | 'listModels'
  | 'listBaseModels'
  | 'listResponses'
  | 'listSchedules'
type Row<Name extends ListName> = Answer<Name>['items'][number]

interface Listing<Name extends ListName> {
  columns: readonly Column<Row<Name>>[]
  /** The command as it is typed, with its arguments: for the hint to the next page. */
  words: readonly string[]
  limit: number
  /** Said when there is nothing at all. */
  empty: string
}

/** Prints one page as a table. What is said beside it goes to stderr, so that stdout holds rows only. */
export async function listPage<Name extends ListName>(
  context: Context,
  name: Name,
  input: Input<Name>,
  { columns, words, limit, empty }: Listing<Name>,
): Promise<undefined> {
  const { paint } = context
  const page = await context.show(name, input, ({ items }) =>
    items.length === 0 ? [] : table(columns, items as Row<Name>[], { paint, columns: context.tableColumns }),
  )
  if (page?.items.length === 0) context.note(empty)
  if (page?.next)
    context.note(paint('dim', `more: sluice ${words.join(' ')} --limit ${limit} --after ${quoted(page.next)}`))
}

function quoted(cursor: string): string {
  return /^[\w@%+=:,./-]+$/.test(cursor) ? cursor : `'${cursor.replaceAll("'", "'\\''")}'`
}
