import { createPublicKey, verify } from 'node:crypto'
import { CreateKeyCommand, type KeySpec, KMSClient } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSigner } from '../../adapters/aws/signer.ts'
import type { TicketClaims } from '../../schemas/ticket.ts'
import { describeSignerContract } from '../contract/signer-contract.ts'
import { AwsError } from '../support/batch-http.ts'
import { type KmsServer, startKmsServer } from '../support/kms-server.ts'

describe('tickets signed by KMS', () => {
  let kms: KmsServer
  let client: { region: string; endpoint: string; credentials: { accessKeyId: string; secretAccessKey: string } }
  beforeAll(async () => {
    kms = await startKmsServer()
    const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'not-a-secret' }
    client = { region: 'us-east-1', endpoint: kms.endpoint, credentials }
  })
  afterAll(() => kms.stop())

  async function newKey(spec: KeySpec = 'ECC_NIST_EDWARDS25519'): Promise<string> {
    const { KeyMetadata } = await new KMSClient(client).send(
      new CreateKeyCommand({ KeySpec: spec, KeyUsage: 'SIGN_VERIFY' }),
    )
    return KeyMetadata?.Arn ?? ''
  }

  describeSignerContract("KMS, on a server of KMS's protocol", async () =>
    createSigner({ client, key: await newKey() }),
  )

  it('ask for the public key once, also when many are signed at once', async () => {
    const signer = createSigner({ client, key: await newKey() })
    const before = kms.calls.get('GetPublicKey') ?? 0
    await Promise.all(Array.from({ length: 8 }, (_, n) => signer.sign(Buffer.from(String(n)))))
    await signer.publicKey()
    expect((kms.calls.get('GetPublicKey') ?? 0) - before).toBe(1)
  })

  it('ask for the public key again when that failed', async () => {
    const signer = createSigner({ client, key: await newKey() })
    kms.failNext('GetPublicKey', new AwsError('AccessDeniedException', 'not yet'))
    await expect(signer.publicKey()).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('manifest'),
    })
    expect(await signer.publicKey()).toMatch(/^-----BEGIN PUBLIC KEY-----\n/)
  })

  it('verify as plain Ed25519 up to 4,096 bytes, and are refused above', async () => {
    const signer = createSigner({ client, key: await newKey() })
    const longest = Buffer.alloc(4096, 'x')
    const { signature } = await signer.sign(longest)
    const publicKey = createPublicKey(await signer.publicKey())
    expect(verify(null, longest, publicKey, Buffer.from(signature, 'base64'))).toBe(true)
    await expect(signer.sign(Buffer.alloc(4097))).rejects.toMatchObject({ code: 'too_large' })
  })

  it('fit into those bytes with the most stages that a recipe may have', () => {
    const digest = 'f'.repeat(64)
    const claims: TicketClaims = {
      ticket: 'sluice.ticket/2',
      job: `job-${'j'.repeat(20)}`,
      profile: 'smoke',
      recipe: digest,
      base_model: digest,
      // RecipeSpec: at most eight stages, each with one dataset, and the one of the evaluation.
      datasets: Array.from({ length: 9 }, () => ({ digest, merkle_root: digest })),
      weights: digest,
      thresholds: digest,
      reports: { round1: digest, round2: digest },
      shadow: { round1: digest, round2: digest },
      scorer_receipts: { round1: digest, round2: digest },
      image: `${'i'.repeat(401)}@sha256:${digest}`,
      code_version: '100.100.100',
      issued_at: '2026-11-20T10:00:00.000Z',
      expires_at: '2026-11-27T10:00:00.000Z',
    }
    expect(Buffer.byteLength(JSON.stringify(claims))).toBeLessThan(4096)
  })

  it.each<[string, () => Promise<string>, RegExp]>([
    [
      'does not exist',
      async () => 'arn:aws:kms:us-east-1:123456789012:key/none',
      /none.*NotFoundException.*SLUICE_SIGNING_KEY/,
    ],
    ['is of another kind', () => newKey('ECC_NIST_P256'), /has spec ECC_NIST_P256, not ECC_NIST_EDWARDS25519/],
    [
      'is disabled',
      async () => {
        const key = await newKey()
        kms.disable(key)
        return key
      },
      /DisabledException.*is enabled/,
    ],
  ])('are refused when the key %s', async (_, open, message) => {
    const signer = createSigner({ client, key: await open() })
    await expect(signer.publicKey()).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringMatching(message),
    })
    await expect(signer.sign(Buffer.from('x'))).rejects.toMatchObject({ code: 'internal' })
  })

  it('survive a lost answer, and are busy when KMS throttles', async () => {
    const key = await newKey()
    const signer = createSigner({ client, key })
    kms.failNext('Sign', 'answer lost')
    expect(await signer.sign(Buffer.from('x'))).toEqual(await signer.sign(Buffer.from('x')))
    const hasty = createSigner({ client: { ...client, maxAttempts: 1 }, key })
    kms.failNext('Sign', new AwsError('ThrottlingException', 'Rate exceeded'))
    await expect(hasty.sign(Buffer.from('x'))).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringContaining(key),
    })
  })
})
