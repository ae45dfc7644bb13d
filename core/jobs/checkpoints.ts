import { queryBlobs } from '../platform/paging.ts'
import type { Platform } from '../platform/ports.ts'

export interface Checkpoint {
  /** Of the checkpoint's folder, with its slash. */
  key: string
  step: number
}

/** The complete checkpoint with the highest step under a stage's folder; only `_COMPLETE` makes one. */
export async function newestCheckpoint(
  platform: Pick<Platform, 'blobs'>,
  stageFolder: string,
): Promise<Checkpoint | undefined> {
  let newest: Checkpoint | undefined
  for await (const blob of queryBlobs(platform.blobs, `${stageFolder}attempts/`)) {
    const match = /^(.*\/checkpoints\/step_(\d+)\/)_COMPLETE$/.exec(blob.key)
    if (!match?.[1] || !match[2]) continue
    const step = Number(match[2])
    if (step >= (newest?.step ?? 0)) newest = { key: match[1], step }
  }
  return newest
}
