import { mkdir, rm, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { buildConsole, isConsoleFresh } from '../../../scripts/build-console.ts'

const lock = fileURLToPath(new URL('../../../node_modules/.console-build-lock', import.meta.url))
// A build takes about a second: whoever left a lock this old is gone.
const abandonedMs = 60_000

/** Builds the console unless it is built of the present sources; test files that run side by side take turns. */
export async function ensureConsole(): Promise<void> {
  while (!(await isMine())) {
    const taken = await stat(lock).catch(() => undefined)
    if (taken && Date.now() - taken.mtimeMs > abandonedMs) await rm(lock, { recursive: true, force: true })
    await sleep(50)
  }
  try {
    if (!(await isConsoleFresh())) await buildConsole()
  } finally {
    await rm(lock, { recursive: true, force: true })
  }
}

async function isMine(): Promise<boolean> {
  return mkdir(lock).then(
    () => true,
    () => false,
  )
}
