import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { expect, it } from 'vitest'
import { createSecrets } from '../../adapters/aws/secrets.ts'
import { describeSecretsContract } from '../contract/secrets-contract.ts'
import { awsOptions, describeOnMoto, ownName } from '../support/moto.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

describeOnMoto('Secrets Manager', () => {
  async function open(held: Record<string, string | Uint8Array>) {
    const client = new SecretsManagerClient(awsOptions())
    const stage = ownName('stage')
    for (const [name, value] of Object.entries(held)) {
      const secret = typeof value === 'string' ? { SecretString: value } : { SecretBinary: value }
      await client.send(new CreateSecretCommand({ Name: `sluice/${stage}/${name}`, ...secret }))
    }
    const clock = createVirtualClock()
    return { client, stage, clock, secrets: createSecrets({ client: awsOptions(), stage, clock }) }
  }

  describeSecretsContract('Secrets Manager on moto', async (held) => (await open(held)).secrets)

  it('keep a value for five minutes, then read it again', async () => {
    const { client, stage, clock, secrets } = await open({ token: 'old' })
    const put = (SecretString: string) =>
      client.send(new PutSecretValueCommand({ SecretId: `sluice/${stage}/token`, SecretString }))
    expect(await secrets.read('token')).toBe('old')
    await put('new')
    await clock.advance(299_999)
    expect(await secrets.read('token')).toBe('old')
    await clock.advance(1)
    expect(await secrets.read('token')).toBe('new')
  })

  it('never keep that a secret is absent', async () => {
    const { client, stage, secrets } = await open({})
    await expect(secrets.read('token')).rejects.toMatchObject({
      code: 'not_found',
      message: `secret sluice/${stage}/token is not in Secrets Manager: run aws secretsmanager create-secret --name sluice/${stage}/token --secret-string file://secret.txt`,
    })
    await client.send(new CreateSecretCommand({ Name: `sluice/${stage}/token`, SecretString: 'now' }))
    expect(await secrets.read('token')).toBe('now')
  })

  it('drop one line break at the end, as an editor leaves it in a file, and read binary values', async () => {
    const { secrets } = await open({ lines: 'a\nb\r\n', bytes: Buffer.from('hf_é\n'), empty: '\n' })
    expect(await secrets.read('lines')).toBe('a\nb')
    expect(await secrets.read('bytes')).toBe('hf_é')
    await expect(secrets.read('empty')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('say how to get a deleted secret back', async () => {
    const { client, stage, secrets } = await open({ token: 'x' })
    await client.send(new DeleteSecretCommand({ SecretId: `sluice/${stage}/token` }))
    await expect(secrets.read('token')).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('restore-secret'),
    })
  })
})
