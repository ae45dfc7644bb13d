import { failureKey } from '../../core/data-factory/build/build-store.ts'
import { runBuild } from '../../core/data-factory/build/run-build.ts'
import { isFault } from '../../core/platform/fault.ts'
import type { Platform } from '../../core/platform/ports.ts'

/** Of a build that its request or its data make impossible; 1 is a defect of the program. */
export const badInput = 65

/** For the threads: once all rows went through them, what they hold is better used for the rest of the work. */
export const idleMs = 1000

/**
 * Does the work of a build as a process of its own, wherever that runs, and answers with the exit code. What went wrong is left beside
 * the build, where the step after the process looks for it.
 */
export async function workOn(
  build: string,
  platform: Pick<Platform, 'blobs' | 'clock' | 'scratch' | 'workers'>,
  say: { out: (line: string) => void; err: (line: string) => void },
): Promise<number> {
  try {
    const { versions, dropped } = await runBuild(platform, build)
    say.out(`${build}: ${versions.length} versions, ${dropped} rows left out\n`)
    return 0
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error))
    say.err(`${isFault(error) ? message : stack}\n`)
    const code = isFault(error) ? error.code : 'internal'
    await platform.blobs.put(failureKey(build), JSON.stringify({ code, message }), 'any')
    return isFault(error) ? badInput : 1
  }
}
