import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createScratch } from '../../adapters/system/scratch.ts'
import { describeScratchContract } from '../contract/scratch-contract.ts'
import { createMemoryScratch } from '../support/memory-scratch.ts'
import { tempDir } from '../support/temp-dir.ts'

describeScratchContract('files', () => createScratch(join(tempDir(), 'scratch')))
describeScratchContract('memory', () => createMemoryScratch())

describe('scratch files', () => {
  it('lie in a private directory with a name of its own, which closing removes', async () => {
    const directory = tempDir()
    mkdirSync(join(directory, 'kept'))
    const scratch = createScratch(directory)
    const spaces = [await scratch.open(), await scratch.open()]
    await spaces[0]!.append('../../evil', new Uint8Array(100_000))
    const made = readdirSync(directory).filter((name) => name !== 'kept')
    expect(made.every((name) => /^scratch-[0-9a-f]{32}$/.test(name))).toBe(true)
    expect(new Set(made).size).toBe(2)
    for (const name of made) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o700)
    for (const space of spaces) await space.close()
    expect(readdirSync(directory)).toEqual(['kept'])
  })

  it('are written in pieces, not append by append', async () => {
    const directory = tempDir()
    const space = await createScratch(directory).open()
    for (let n = 0; n < 1_000; n++) await space.append('a', new Uint8Array(60).fill(n))
    const [made] = readdirSync(directory)
    const file = join(directory, made!, '0')
    expect(existsSync(file)).toBe(false)
    expect((await space.read('a')).length).toBe(60_000)
    expect(existsSync(file)).toBe(false)
    await space.append('a', new Uint8Array(10_000))
    expect(statSync(file).size).toBe(60_000)
    expect((await space.read('a', { start: 59_000, end: 61_000 })).length).toBe(2_000)
    await space.close()
  })

  it('refuse with the free bytes when the disk is full', async () => {
    const space = await createMemoryScratch(10).open()
    await expect(space.append('a', new Uint8Array(11))).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringContaining('10 bytes are free'),
    })
    const directory = tempDir()
    const onDisk = await createScratch(directory).open()
    // The first file of the space, on a device that answers every write as a full disk does.
    symlinkSync('/dev/full', join(directory, readdirSync(directory)[0]!, '0'))
    await expect(onDisk.append('a', new Uint8Array(100_000))).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringMatching(/\d+ bytes are free/),
    })
    await onDisk.close()
  })
})
