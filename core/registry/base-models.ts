import type { BaseModel } from '../../schemas/registry.ts'
import { canonicalJson } from '../platform/digest.ts'
import { Fault } from '../platform/fault.ts'
import { change } from '../platform/guarded-write.ts'
import { mapPage, type PageRequest, pageOptions } from '../platform/paging.ts'
import type { Item, JsonObject, Page, Platform, Table } from '../platform/ports.ts'

const key = (id: string) => ({ pk: `BASE#${id}`, sk: '-' })
const toBaseModel = (item: Item) => item.data as unknown as BaseModel

/**
 * Makes a base model nameable in recipes, or corrects where it lies. Jobs pin id and digest, so another digest is another model:
 * `digest: 'kept'` throws Fault `conflict` for another one. Replacing it makes jobs that pinned the old one fail.
 */
export async function registerBaseModel(
  platform: Pick<Platform, 'table'>,
  model: BaseModel,
  digest: 'kept' | 'replaced' = 'replaced',
): Promise<BaseModel> {
  const wanted: BaseModel = { ...model, uri: model.uri.endsWith('/') ? model.uri : `${model.uri}/` }
  await change(platform.table, key(model.id), (current) => {
    const known = current && toBaseModel(current)
    if (known && canonicalJson(known) === canonicalJson(wanted)) return undefined
    if (known && known.digest !== model.digest && digest === 'kept') throw otherDigest(known)
    return { draft: { ...key(model.id), data: wanted as unknown as JsonObject, gsi2: { pk: 'BASES', sk: model.id } } }
  })
  return wanted
}

function otherDigest({ id, digest }: BaseModel): Fault {
  const remedy = 'register the new weights under another id, or replace them'
  return new Fault('conflict', `base model "${id}" is registered with digest ${digest}, which jobs may pin; ${remedy}`)
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
