import * as z from 'zod'
import { DatasetVersion } from '../../../schemas/dataset.ts'
import { parseStored } from '../../platform/parse.ts'
import type { Blobs } from '../../platform/ports.ts'
import { resultKey } from './build-store.ts'

/** What a build has written, complete: data, reports and manifests lie there; no record names them yet. */
export const BuildResult = z.strictObject({
  versions: z.array(DatasetVersion).min(1),
  dropped: z.int().min(0),
})
export type BuildResult = z.infer<typeof BuildResult>

/** undefined while the work is not done. */
export async function loadResult(blobs: Pick<Blobs, 'get'>, build: string): Promise<BuildResult | undefined> {
  const bytes = await blobs.get(resultKey(build))
  return bytes && parseStored(BuildResult, bytes, resultKey(build))
}
