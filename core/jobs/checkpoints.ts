import type { Stage } from '../../schemas/job.ts'
import { queryBlobs } from '../platform/paging.ts'
import type { Platform } from '../platform/ports.ts'
import { attemptFolder } from './artifacts.ts'

export interface Checkpoint {
  /** Of the checkpoint's folder, with its slash. */
  key: string
  step: number
}

/** The complete checkpoint of a stage with the highest step, of the latest attempt that has it; only `_COMPLETE` makes one. */
export async function newestCheckpoint(
  platform: Pick<Platform, 'blobs'>,
  job: string,
  stage: Stage,
): Promise<Checkpoint | undefined> {
  let newest: Checkpoint | undefined
  for (const { number } of stage.attempts) {
    // Not the attempt's whole folder, which may hold a metric segment for every two seconds of weeks.
    for await (const blob of queryBlobs(platform.blobs, `${attemptFolder(job, stage, number)}checkpoints/`)) {
      const match = /^(.*\/step_(\d+)\/)_COMPLETE$/.exec(blob.key)
      if (!match?.[1] || !match[2]) continue
      const step = Number(match[2])
      if (step >= (newest?.step ?? 0)) newest = { key: match[1], step }
    }
  }
  return newest
}
