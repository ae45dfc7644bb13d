import { type Dictionary, getDictionary } from '../metrics/dictionary.ts'
import { namesOwner } from '../metrics/metric-store.ts'
import { knownName } from '../metrics/names-book.ts'
import type { Table } from '../platform/ports.ts'
import { runSource } from './run-store.ts'

/** What a run logged itself: metrics that follow from others are not among them. `needed` names are there at least. */
export async function loggedNames(metrics: Table, run: string, needed?: number): Promise<Dictionary['entries']> {
  const { entries } = await getDictionary(metrics, namesOwner(runSource(run)), needed)
  return entries.filter(({ derived }) => derived === undefined)
}

/** The name under which points of a logged key are stored; undefined when there are none. */
export async function storedName(metrics: Table, run: string, key: string): Promise<string | undefined> {
  return (await loggedNames(metrics, run)).find(({ native }) => native === knownName(key))?.name
}
