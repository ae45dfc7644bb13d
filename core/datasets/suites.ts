import type { DatasetVersion } from '../../schemas/dataset.ts'
import { isFault } from '../platform/fault.ts'
import { type PageRequest, pageOptions, queryAll } from '../platform/paging.ts'
import type { Item, Page, Table } from '../platform/ports.ts'
import { getDatasetVersion } from './dataset-store.ts'

const suiteKey = (name: string) => ({ pk: 'SUITES', sk: name })

/** Keeps a name as one of evaluation data from now on, whether or not there is such a dataset yet. Idempotent. */
export async function markSuite(table: Table, name: string): Promise<void> {
  if (await table.get(suiteKey(name))) return
  await table.put({ ...suiteKey(name), data: { name } }, 'any')
}

/** The newest version of every dataset that is evaluation data, by name. */
export async function listSuites(table: Table): Promise<DatasetVersion[]> {
  const versions: DatasetVersion[] = []
  for await (const item of queryAll(table, { pk: 'SUITES' })) versions.push(...(await newestOf(table, item)))
  return versions
}

/** A page of `listSuites`: it may have fewer than `limit` although more follow. */
export async function listSuitePage(table: Table, request: PageRequest): Promise<Page<DatasetVersion>> {
  const { items, cursor } = await table.query({ pk: 'SUITES', ...pageOptions(request) })
  const versions = (await Promise.all(items.map((item) => newestOf(table, item)))).flat()
  return cursor === undefined ? { items: versions } : { items: versions, cursor }
}

/** Nothing while the name has no version. */
async function newestOf(table: Table, { sk: name }: Item): Promise<DatasetVersion[]> {
  try {
    return [await getDatasetVersion(table, name)]
  } catch (error) {
    if (isFault(error, 'not_found')) return []
    throw error
  }
}
