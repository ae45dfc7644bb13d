import { queryBlobs } from '../core/platform/paging.ts'
import type { Blobs, Clock } from '../core/platform/ports.ts'
import type { Log } from './runtime.ts'

const dayMs = 24 * 3_600_000
const periodMs = 3_600_000

// What was registered of an upload lies elsewhere, and an export is made anew when somebody asks again.
const passing = ['uploads/', 'exports/']

/** Takes away uploads and exports a day after they came, as the bucket's lifecycle rules do. */
export async function sweepUploads({ blobs, clock }: { blobs: Blobs; clock: Clock }): Promise<number> {
  const limit = clock.now().getTime() - dayMs
  let swept = 0
  for (const prefix of passing) {
    for await (const { key, modifiedAt } of queryBlobs(blobs, prefix)) {
      if (Date.parse(modifiedAt) > limit) continue
      await blobs.delete(key)
      swept += 1
    }
  }
  return swept
}

/** Sweeps now and every hour. */
export function startUploadSweeper(platform: { blobs: Blobs; clock: Clock }, log: Log) {
  const stopping = new AbortController()
  const run = async () => {
    while (!stopping.signal.aborted) {
      await sweepUploads(platform).catch((error) => log('old uploads could not be removed', { error }))
      await platform.clock.sleep(periodMs, stopping.signal).catch(() => {})
    }
  }
  const running = run()
  return {
    async stop(): Promise<void> {
      stopping.abort(new Error('stopping'))
      await running
    },
  }
}
