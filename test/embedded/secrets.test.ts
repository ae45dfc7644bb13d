import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSecrets } from '../../adapters/embedded/secrets.ts'
import { describeSecretsContract } from '../contract/secrets-contract.ts'
import { tempDir } from '../support/temp-dir.ts'

function secretsDirectory(held: Record<string, string>): string {
  const directory = tempDir()
  mkdirSync(join(directory, 'secrets'))
  for (const [name, text] of Object.entries(held))
    writeFileSync(join(directory, 'secrets', name), text, { mode: 0o600 })
  return directory
}

describeSecretsContract('files', async (held) => createSecrets({ environment: {}, directory: secretsDirectory(held) }))

describeSecretsContract('environment', async (held) => {
  const variables = Object.entries(held).map(([name, text]) => [name.toUpperCase().replaceAll('-', '_'), text])
  return createSecrets({ environment: Object.fromEntries(variables), directory: secretsDirectory({}) })
})

describe('embedded secrets', () => {
  it('prefer the environment, and take an empty variable for an absent one', async () => {
    const directory = secretsDirectory({ 'hf-token': 'from the file\n' })
    const read = (environment: Record<string, string | undefined>) =>
      createSecrets({ environment, directory }).read('hf-token')
    expect(await read({ HF_TOKEN: 'from the environment' })).toBe('from the environment')
    expect(await read({ HF_TOKEN: '' })).toBe('from the file')
    expect(await read({ HF_TOKEN: undefined })).toBe('from the file')
  })

  it.each([0o644, 0o640, 0o604, 0o660, 0o601])('refuse a file of mode %o and name the remedy', async (mode) => {
    const directory = secretsDirectory({ token: 'secret-value' })
    const path = join(directory, 'secrets/token')
    chmodSync(path, mode)
    const refusal = createSecrets({ environment: {}, directory }).read('token')
    await expect(refusal).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining(`chmod 600 ${path}`),
    })
    await expect(refusal).rejects.not.toThrow('secret-value')
  })

  it('say where they looked, for absent and empty secrets', async () => {
    const directory = secretsDirectory({ empty: '\n' })
    const secrets = createSecrets({ environment: {}, directory })
    await expect(secrets.read('hf-token')).rejects.toThrow(
      `set HF_TOKEN, or write ${join(directory, 'secrets/hf-token')}`,
    )
    await expect(secrets.read('empty')).rejects.toMatchObject({ code: 'not_found' })
  })
})
