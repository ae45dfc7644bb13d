import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createScratch, sweepScratch } from '../../adapters/system/scratch.ts'
import { tempDir } from '../support/temp-dir.ts'

const nameOf = (pid: number, tail = 'a') => `scratch-${pid.toString(16).padStart(8, '0')}${tail.repeat(24)}`

function left(directory: string, name: string): void {
  mkdirSync(join(directory, name))
  writeFileSync(join(directory, name, '0'), 'rows')
}

/** A pid that no process has: that of one which has just ended. */
const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid

it('spaces of processes that have ended are removed, also of an earlier one with this pid, and no others', async () => {
  const directory = tempDir()
  const space = await createScratch(directory).open()
  await space.append('a', new Uint8Array(10))
  const [own = ''] = readdirSync(directory)
  const kept = [own, nameOf(process.ppid), 'scratch-other', 'kept']
  for (const name of kept.slice(1)) left(directory, name)
  left(directory, nameOf(deadPid()))
  left(directory, nameOf(process.pid))
  await sweepScratch(directory)
  expect(readdirSync(directory).toSorted()).toEqual(kept.toSorted())
  expect(await space.read('a')).toHaveLength(10)
  await space.close()
})

it('the first space that a process opens makes room, and a directory that does not exist is empty', async () => {
  const directory = tempDir()
  left(directory, nameOf(deadPid()))
  const space = await createScratch(directory).open()
  expect(readdirSync(directory)).toHaveLength(1)
  await space.close()
  await expect(sweepScratch(join(directory, 'none'))).resolves.toBeUndefined()
})
