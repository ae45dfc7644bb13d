import {
  GetSecretValueCommand,
  SecretsManagerClient,
  SecretsManagerServiceException,
} from '@aws-sdk/client-secrets-manager'
import { mockClient } from 'aws-sdk-client-mock'
import { describe, expect, it } from 'vitest'
import { createSecrets } from '../../adapters/aws/secrets.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

function setUp() {
  const manager = mockClient(SecretsManagerClient)
  const secrets = createSecrets({ client: { region: 'us-east-1' }, stage: 'dev', clock: createVirtualClock() })
  return { manager, secrets }
}

const error = (name: string, httpStatusCode = 400) =>
  new SecretsManagerServiceException({
    name,
    message: `${name} happened`,
    $fault: 'client',
    $metadata: { httpStatusCode },
  })

describe('faults of Secrets Manager', () => {
  it.each<[string, Error, string, RegExp]>([
    ['a key that does not decrypt', error('DecryptionFailure'), 'internal', /decrypt with the KMS key/],
    ['a missing grant', error('AccessDeniedException'), 'internal', /secretsmanager:GetSecretValue/],
    ['throttling', error('ThrottlingException'), 'busy', /try again/],
    ['a server error', error('InternalServiceError', 500), 'busy', /try again/],
    ['a broken connection', Object.assign(new Error('aborted'), { code: 'ECONNRESET' }), 'busy', /try again/],
  ])('name the secret and the remedy: %s', async (_, thrown, code, remedy) => {
    const { manager, secrets } = setUp()
    manager.on(GetSecretValueCommand).rejects(thrown)
    const fault = await secrets.read('hf-token').catch((caught) => caught)
    expect([fault.code, fault.cause]).toEqual([code, thrown])
    expect(fault.message).toMatch(remedy)
    expect(fault.message).toContain('sluice/dev/hf-token')
  })

  it('are not kept, and one request serves all who ask meanwhile', async () => {
    const { manager, secrets } = setUp()
    manager.on(GetSecretValueCommand).rejectsOnce(error('ThrottlingException')).resolves({ SecretString: 'x' })
    const both = await Promise.allSettled([secrets.read('a'), secrets.read('a')])
    expect(both.map((read) => read.status)).toEqual(['rejected', 'rejected'])
    expect(await Promise.all([secrets.read('a'), secrets.read('a')])).toEqual(['x', 'x'])
    expect(manager.commandCalls(GetSecretValueCommand)).toHaveLength(2)
  })
})
