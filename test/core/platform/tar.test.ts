import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { tarGz } from '../../../core/platform/tar.ts'
import { tempDir } from '../../support/temp-dir.ts'

const run = promisify(execFile)

async function stored(files: { name: string; bytes: Uint8Array }[]): Promise<string> {
  const path = join(tempDir(), 'pack.tar.gz')
  await writeFile(path, await tarGz(files))
  return path
}

const files = [
  { name: 'job.json', bytes: new TextEncoder().encode('{"id":"ü"}') },
  { name: 'stages/0-sft/attempt-1/empty.txt', bytes: new Uint8Array(0) },
  { name: 'exactly-a-block', bytes: new Uint8Array(512).fill(7) },
  { name: 'large', bytes: Uint8Array.from({ length: 100_001 }, (_, i) => (i * 31) % 256) },
  { name: `${'n'.repeat(98)}ü`, bytes: Uint8Array.of(1) },
]

describe('an archive', () => {
  it('is listed and unpacked by tar, byte for byte', async () => {
    const path = await stored(files)
    const { stdout } = await run('tar', ['--quoting-style=literal', '-tzf', path])
    expect(stdout.trim().split('\n')).toEqual(files.map((file) => file.name))
    for (const { name, bytes } of files) {
      const { stdout: content } = await run('tar', ['-xOzf', path, name], { encoding: 'buffer' })
      expect(content.equals(bytes)).toBe(true)
    }
  })

  it('holds no files when there are none', async () => {
    expect((await run('tar', ['-tzf', await stored([])])).stdout).toBe('')
  })

  it('is the same for the same files, whenever it is packed', async () => {
    expect(await tarGz(files)).toEqual(await tarGz(files))
  })

  it('refuses a name that does not fit, rather than cutting it', async () => {
    await expect(tarGz([{ name: 'n'.repeat(101), bytes: new Uint8Array(0) }])).rejects.toThrow('longer than 100 bytes')
  })
})
