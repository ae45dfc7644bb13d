import type { Dataset, DatasetVersion } from '../../schemas/dataset.ts'
import { Fault } from '../platform/fault.ts'
import { mapPage, type PageRequest, pageOptions } from '../platform/paging.ts'
import type { Draft, Item, JsonObject, Page, Table } from '../platform/ports.ts'

export const datasetFolder = (name: string, digest: string) => `datasets/${name}/${digest}/`
export const dataKey = (version: Pick<DatasetVersion, 'name' | 'digest'>) =>
  `${datasetFolder(version.name, version.digest)}data-00000.jsonl`

/** `name@digest`: what `getDatasetVersion` takes for this very version. */
export const referenceOf = ({ name, digest }: Pick<DatasetVersion, 'name' | 'digest'>) => `${name}@${digest}`

export const headKey = (name: string) => ({ pk: `DS#${name}`, sk: 'HEAD' })

/** Which version of a dataset is the newest. */
export function headDraft(dataset: Dataset): Draft {
  return { ...headKey(dataset.name), data: dataset, gsi2: { pk: 'DATASETS', sk: dataset.name } }
}

/** An immutable version, by its digest. */
export function versionDraft(version: DatasetVersion): Draft {
  return { pk: `DS#${version.name}`, sk: `V#${version.digest}`, data: version as unknown as JsonObject }
}

export const toVersion = (item: Item) => item.data as unknown as DatasetVersion
export const toDataset = (item: Item) => item.data as unknown as Dataset

/** `reference` is `name` (newest) or `name@digest`. Fault `not_found`. */
export async function getDatasetVersion(table: Table, reference: string): Promise<DatasetVersion> {
  const [name = '', pinned] = reference.split('@')
  const digest = pinned ?? (await getDataset(table, name)).latest
  const item = await table.get({ pk: `DS#${name}`, sk: `V#${digest}` })
  if (item) return toVersion(item)
  throw new Fault('not_found', `dataset "${name}" has no version ${digest}; list them with: sluice datasets list`)
}

/** Fault `not_found`. */
export async function getDataset(table: Table, name: string): Promise<Dataset> {
  const item = await table.get(headKey(name))
  if (item) return toDataset(item)
  throw new Fault(
    'not_found',
    `dataset "${name}" does not exist; add it with: sluice datasets add ${name || 'NAME'} FILE`,
  )
}

/** By name. */
export async function listDatasets(table: Table, request: PageRequest): Promise<Page<Dataset>> {
  return mapPage(await table.query({ pk: 'DATASETS', index: 'gsi2', ...pageOptions(request) }), toDataset)
}

/** By digest. */
export async function listVersions(table: Table, name: string, request: PageRequest): Promise<Page<DatasetVersion>> {
  return mapPage(await table.query({ pk: `DS#${name}`, sk: { prefix: 'V#' }, ...pageOptions(request) }), toVersion)
}
