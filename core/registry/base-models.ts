import type { BaseModel } from '../../schemas/registry.ts'
import { mapPage, type PageRequest, pageOptions } from '../platform/paging.ts'
import type { Item, Page, Platform, Table } from '../platform/ports.ts'

const key = (id: string) => ({ pk: `BASE#${id}`, sk: '-' })
const toBaseModel = (item: Item) => item.data as unknown as BaseModel

/** Makes a base model nameable in recipes; registering an id again replaces where it points. */
export async function registerBaseModel(platform: Pick<Platform, 'table'>, model: BaseModel): Promise<void> {
  await platform.table.put({ ...key(model.id), data: { ...model }, gsi2: { pk: 'BASES', sk: model.id } }, 'any')
}

/** undefined when it is not registered. */
export async function findBaseModel(table: Table, id: string): Promise<BaseModel | undefined> {
  const item = await table.get(key(id))
  return item && toBaseModel(item)
}

/** By id. */
export async function listBaseModels(table: Table, request: PageRequest): Promise<Page<BaseModel>> {
  return mapPage(await table.query({ pk: 'BASES', index: 'gsi2', ...pageOptions(request) }), toBaseModel)
}
