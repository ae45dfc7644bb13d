import type { Stage } from '../../schemas/job.ts'
import { queryBlobs } from '../platform/paging.ts'
import type { Platform } from '../platform/ports.ts'
import { attemptFolder } from './artifacts.ts'

export interface Checkpoint {
  /** Of the checkpoint's folder, with its slash. */
  key: string
  step: number
}

/**
 * The complete checkpoint of a stage with the highest step, of the latest attempt that has it; only `_COMPLETE` makes one. One that an
 * attempt wrote at or behind the step of the finding that stopped it may hold the damage: it does not count.
 */
export async function newestCheckpoint(
  platform: Pick<Platform, 'blobs'>,
  job: string,
  stage: Stage,
): Promise<Checkpoint | undefined> {
  let newest: Checkpoint | undefined
  for (const { number, stopped_by } of stage.attempts) {
    const trusted = stopped_by?.step ?? Number.POSITIVE_INFINITY
    // Not the attempt's whole folder, which may hold a metric segment for every two seconds of weeks.
    for await (const blob of queryBlobs(platform.blobs, `${attemptFolder(job, stage, number)}checkpoints/`)) {
      const match = /^(.*\/step_(\d+)\/)_COMPLETE$/.exec(blob.key)
      if (!match?.[1] || !match[2]) continue
      const step = Number(match[2])
      if (step < trusted && step >= (newest?.step ?? 0)) newest = { key: match[1], step }
    }
  }
  return newest
}
