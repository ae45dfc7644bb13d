import type { Alias, Model, ModelVersion } from '../../schemas/registry.ts'
import { Fault } from '../platform/fault.ts'
import { mapPage, type PageRequest, pageOptions, queryAll } from '../platform/paging.ts'
import type { Draft, Item, JsonObject, Page, Table } from '../platform/ports.ts'

const versionSk = (version: number) => `VER#${String(version).padStart(9, '0')}`
const pk = (name: string) => `MODEL#${name}`

const toModelVersion = (item: Item) => item.data as unknown as ModelVersion
export const toAlias = (item: Item) => item.data as unknown as Alias

/** In its model by number; `gsi2` lists all models by name. */
export function modelVersionDraft(version: ModelVersion): Draft {
  const sk = versionSk(version.version)
  return {
    pk: pk(version.name),
    sk,
    data: version as unknown as JsonObject,
    gsi2: { pk: 'MODELS', sk: `${version.name}#${sk}` },
  }
}

export const aliasKey = (model: string, alias: string) => ({ pk: pk(model), sk: `ALIAS#${alias}` })

/** Which version number a job asked for. */
export const reservationKey = (model: string, job: string) => ({ pk: pk(model), sk: `JOB#${job}` })

/** undefined when there is none. */
export async function findModelVersion(table: Table, name: string, version: number): Promise<ModelVersion | undefined> {
  const item = await table.get({ pk: pk(name), sk: versionSk(version) })
  return item && toModelVersion(item)
}

/** undefined while there is none. */
export async function newestVersion(table: Table, name: string): Promise<ModelVersion | undefined> {
  const page = await table.query({ pk: pk(name), sk: { prefix: 'VER#' }, descending: true, limit: 1 })
  return page.items[0] && toModelVersion(page.items[0])
}

/** Fault `not_found`. */
export async function getModelVersion(table: Table, name: string, version: number): Promise<ModelVersion> {
  const found = await findModelVersion(table, name, version)
  if (found) return found
  throw new Fault('not_found', `model "${name}" has no version ${version}; list them with: sluice models list`)
}

/** The version that `model@version` or `model@alias` means now. Fault `not_found`. */
export async function findModelReference(table: Table, reference: string): Promise<ModelVersion> {
  const [name = '', which = ''] = reference.split('@')
  if (/^[1-9]\d{0,8}$/.test(which)) return getModelVersion(table, name, Number(which))
  const alias = await table.get(aliasKey(name, which))
  if (alias) return getModelVersion(table, name, toAlias(alias).version)
  throw new Fault('not_found', `model "${name}" has no alias "${which}"; list them with: sluice models get ${name}`)
}

/** The version of a model that this job registered; undefined when it did not. */
export async function findVersionOf(table: Table, name: string, job: string): Promise<ModelVersion | undefined> {
  const reserved = await table.get(reservationKey(name, job))
  const version = reserved && (await findModelVersion(table, name, Number(reserved.data.version)))
  return version?.job === job ? version : undefined
}

/** Where an alias points now; undefined for nowhere. */
export async function findAlias(table: Table, model: string, alias: string): Promise<Alias | undefined> {
  const item = await table.get(aliasKey(model, alias))
  return item && toAlias(item)
}

async function listVersionsOf(table: Table, name: string): Promise<ModelVersion[]> {
  const versions: ModelVersion[] = []
  for await (const item of queryAll(table, { pk: pk(name), sk: { prefix: 'VER#' } }))
    versions.push(toModelVersion(item))
  return versions
}

/** Fault `not_found` when the model has no version. */
export async function getModel(table: Table, name: string): Promise<Model> {
  const versions = await listVersionsOf(table, name)
  if (versions.length === 0)
    throw new Fault('not_found', `model "${name}" does not exist; list models with: sluice models list`)
  const aliases: Alias[] = []
  for await (const item of queryAll(table, { pk: pk(name), sk: { prefix: 'ALIAS#' } })) aliases.push(toAlias(item))
  return { name, versions, aliases }
}

/** All versions of all models by name and number. */
export async function listModelVersions(table: Table, request: PageRequest): Promise<Page<ModelVersion>> {
  return mapPage(await table.query({ pk: 'MODELS', index: 'gsi2', ...pageOptions(request) }), toModelVersion)
}
