import { createBlobs } from '../../adapters/aws/blobs.ts'
import { attemptMs, clientOptions } from '../../adapters/aws/client-options.ts'
import { readBuilderConfig } from '../../adapters/aws/config.ts'
import { systemClock as clock } from '../../adapters/system/clock.ts'
import { createScratch } from '../../adapters/system/scratch.ts'
import { createThreadPool } from '../../adapters/system/thread-pool.ts'
import { idleMs, workOn } from './work.ts'

// One task of Fargate is one attempt at one build. A code other than 0 is tried once more; then FailBuild reads what was left
// beside the build. A task that is ended in the middle leaves nothing visible.
const { bucket, build, scratch, threads } = readBuilderConfig()
// The bundle lays it beside this entry.
const workers = createThreadPool({ entry: new URL('./worker.mjs', import.meta.url), size: threads, idleMs })
const blobs = createBlobs({ client: clientOptions(attemptMs.transfer), bucket, clock })
try {
  process.exitCode = await workOn(
    build,
    { blobs, clock, workers, scratch: createScratch(scratch) },
    { out: (line) => process.stdout.write(line), err: (line) => process.stderr.write(line) },
  )
} finally {
  await workers.close()
}
