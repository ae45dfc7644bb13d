import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSigner } from '../../adapters/embedded/signer.ts'
import { describeSignerContract } from '../contract/signer-contract.ts'
import { tempDir } from '../support/temp-dir.ts'

const bytes = Buffer.from('claims')

describeSignerContract('embedded', async () => createSigner(tempDir()))

describe('embedded signer', () => {
  it('generates the key once, for its owner only, and keeps it over restarts', async () => {
    const directory = tempDir()
    const first = await createSigner(directory).sign(bytes)
    expect(statSync(join(directory, 'keys/ticket.pem')).mode & 0o777).toBe(0o600)
    expect(await createSigner(directory).sign(bytes)).toEqual(first)
    expect(readdirSync(join(directory, 'keys'))).toEqual(['ticket.pem'])
  })

  it('agrees on one key when several start at once', async () => {
    const directory = tempDir()
    const signed = await Promise.all(Array.from({ length: 8 }, () => createSigner(directory).sign(bytes)))
    expect(new Set(signed.map((one) => one.keyId)).size).toBe(1)
    expect((await createSigner(directory).sign(bytes)).keyId).toBe(signed[0]?.keyId)
  })

  it('refuses a key that others may read, and recovers once it is private', async () => {
    const directory = tempDir()
    await createSigner(directory).sign(bytes)
    const path = join(directory, 'keys/ticket.pem')
    chmodSync(path, 0o644)
    const signer = createSigner(directory)
    await expect(signer.sign(bytes)).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining(`chmod 600 ${path}`),
    })
    chmodSync(path, 0o600)
    expect(await signer.sign(bytes)).toMatchObject({ keyId: expect.stringMatching(/^[0-9a-f]{16}$/) })
  })

  it.each(['', 'not a key', '-----BEGIN PUBLIC KEY-----\n'])(
    'never replaces a key file that it cannot read: %j',
    async (text) => {
      const directory = tempDir()
      await createSigner(directory).sign(bytes)
      const path = join(directory, 'keys/ticket.pem')
      writeFileSync(path, text)
      await expect(createSigner(directory).sign(bytes)).rejects.toMatchObject({
        code: 'corrupt',
        message: expect.stringContaining(path),
      })
      expect(readFileSync(path, 'utf8')).toBe(text)
    },
  )
})
