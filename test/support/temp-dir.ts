import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'

/** An empty directory, removed after the test that asked for it. Call it in a test or in `beforeEach`. */
export function tempDir(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-test-')))
  directories.push(directory)
  return directory
}

const directories: string[] = []

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
})
