import type { DropReport } from '../../schemas/drop.ts'
import { mapPage, type PageRequest, pageOptions } from '../platform/paging.ts'
import type { Draft, Item, JsonObject, Key, Page, Table } from '../platform/ports.ts'

export const reportSuffix = '.report.json'

/** Where the report of a dropped object lies. */
export const reportKey = (key: string) => `${key}${reportSuffix}`

/** `drops/train/a/b.jsonl` is file `a/b.jsonl` of dataset `train`; without a folder there is no dataset. */
export function dropParts(key: string): { dataset: string; file: string } {
  const [, dataset = '', file = ''] = /^drops\/(?:([^/]*)\/)?(.*)$/s.exec(key) ?? []
  return { dataset, file }
}

export function dropKey(key: string): Key {
  return { pk: `DROP#${dropParts(key).dataset}`, sk: key }
}

export function dropDraft(report: DropReport): Draft {
  return { ...dropKey(report.key), data: report as unknown as JsonObject }
}

export const toReport = (item: Item) => item.data as unknown as DropReport

/** undefined while the object was not looked at. */
export async function findDrop(table: Table, key: string): Promise<DropReport | undefined> {
  const item = await table.get(dropKey(key))
  return item && toReport(item)
}

/** By file name. */
export async function listDrops(table: Table, dataset: string, request: PageRequest): Promise<Page<DropReport>> {
  return mapPage(await table.query({ pk: `DROP#${dataset}`, ...pageOptions(request) }), toReport)
}
