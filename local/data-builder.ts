import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createBlobs } from '../adapters/embedded/blobs.ts'
import { systemClock } from '../adapters/system/clock.ts'
import { createScratch } from '../adapters/system/scratch.ts'
import { createThreadPool } from '../adapters/system/thread-pool.ts'
import { specKey } from '../core/data-factory/build/build-store.ts'
import { Fault } from '../core/platform/fault.ts'
import { idleMs, workOn } from '../functions/builder/work.ts'
import { readBuilderConfig } from './config.ts'

/** How to start the work of one build as a process of its own, as a command list. */
export function dataBuilderCommand(): string[] {
  const script = fileURLToPath(import.meta.url)
  // Without a limit each thread gets heaps of its own from the C library, which keep a fifth of the memory for nothing.
  return ['/usr/bin/env', 'MALLOC_ARENA_MAX=2', process.execPath, '--disable-warning=ExperimentalWarning', script]
}

/** Does the work of the build that the environment names, with nothing but the files under its data directory. */
async function main(): Promise<void> {
  const { buildUri } = readBuilderConfig()
  const { root, build } = placeOf(buildUri)
  const clock = systemClock
  const blobs = createBlobs({ root, baseUrl: () => '', signingKey: '', clock })
  const workers = createThreadPool({ entry: new URL('../functions/worker/thread.ts', import.meta.url), idleMs })
  const scratch = createScratch(join(root, '../scratch'))
  try {
    process.exitCode = await workOn(
      build,
      { blobs, clock, workers, scratch },
      { out: (line) => process.stdout.write(line), err: (line) => process.stderr.write(line) },
    )
  } finally {
    await workers.close()
  }
}

/** `file:///data/blobs/builds/bld-.../spec.json` -> where the blobs lie, and whose spec it is. */
function placeOf(uri: string): { root: string; build: string } {
  const path = fileURLToPath(uri)
  const [, root, build] = /^(.*)\/builds\/([^/]+)\/spec\.json$/.exec(path) ?? []
  if (root !== undefined && build !== undefined && path.endsWith(specKey(build))) return { root, build }
  throw new Fault('invalid', `SLUICE_BUILD_URI is ${uri}, which is not the spec of a build`)
}

if (import.meta.main) await main()
