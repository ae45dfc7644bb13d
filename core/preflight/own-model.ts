import type { BaseModel } from '../../schemas/registry.ts'
import type { Blobs } from '../platform/ports.ts'

const prefixOfModels = 'base-models'

/** The folder of a base model that lies under `base-models/` of our own bucket, with a slash; undefined for one elsewhere. */
export function ownModelFolder(blobs: Pick<Blobs, 'uri'>, model: BaseModel): string | undefined {
  const folder = `${blobs.uri(prefixOfModels)}/`
  if (!model.uri.startsWith(folder)) return undefined
  return `${prefixOfModels}/${model.uri.slice(folder.length)}/`.replace(/\/+$/, '/')
}
