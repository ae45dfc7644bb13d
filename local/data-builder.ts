import { fileURLToPath } from 'node:url'
import { createBlobs } from '../adapters/embedded/blobs.ts'
import { systemClock } from '../adapters/system/clock.ts'
import { createScratch } from '../adapters/system/scratch.ts'
import { createThreadPool } from '../adapters/system/thread-pool.ts'
import { failureKey, specKey } from '../core/data-factory/build/build-store.ts'
import { runBuild } from '../core/data-factory/build/run-build.ts'
import { Fault, isFault } from '../core/platform/fault.ts'
import { readBuilderConfig } from './config.ts'

const badInput = 65

/** How to start the work of one build as a process of its own, as a command list. */
export function dataBuilderCommand(): string[] {
  return [process.execPath, '--disable-warning=ExperimentalWarning', fileURLToPath(import.meta.url)]
}

/** Does the work of the build that the environment names, with nothing but the files under its data directory. */
async function main(): Promise<void> {
  const { buildUri } = readBuilderConfig()
  const { root, build } = placeOf(buildUri)
  const clock = systemClock
  const blobs = createBlobs({ root, baseUrl: () => '', signingKey: '', clock })
  const workers = createThreadPool({ entry: new URL('../functions/worker/thread.ts', import.meta.url) })
  try {
    const { versions, dropped } = await runBuild(
      { blobs, clock, workers, scratch: createScratch(fileURLToPath(new URL('../scratch/', `file://${root}/`))) },
      build,
    )
    process.stdout.write(`${build}: ${versions.length} versions, ${dropped} rows left out\n`)
  } catch (error) {
    const { message } = error as Error
    process.stderr.write(`${isFault(error) ? message : (error as Error).stack}\n`)
    const code = isFault(error) ? error.code : 'internal'
    await blobs.put(failureKey(build), JSON.stringify({ code, message }), 'any')
    process.exitCode = isFault(error) ? badInput : 1
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
