import type { Check } from '../../schemas/preflight.ts'
import type { BaseModel } from '../../schemas/registry.ts'
import type { Blobs } from '../platform/ports.ts'
import { judge } from './check.ts'
import { ownModelFolder } from './own-model.ts'

/** Whether a base model under `base-models/` of our own bucket has files. No check for one elsewhere: only its trainer can look there. */
export async function checkBaseFiles(blobs: Pick<Blobs, 'list' | 'uri'>, model: BaseModel): Promise<Check[]> {
  const prefix = ownModelFolder(blobs, model)
  if (prefix === undefined) return []
  const { items } = await blobs.list({ prefix, limit: 1 })
  return [
    judge(items.length > 0, {
      name: 'base_model_files',
      subject: model.id,
      value: items.length > 0 ? 'present' : 'absent',
      threshold: 'files under its uri',
      message: items.length > 0 ? `there are files at ${model.uri}` : `there is nothing at ${model.uri}`,
      remedy: `Copy the model there (aws s3 sync DIRECTORY ${model.uri}), or register where it is.`,
    }),
  ]
}
