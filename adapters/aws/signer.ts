import { createHash, createPublicKey } from 'node:crypto'
import { GetPublicKeyCommand, KMSClient, type KMSClientConfig, SignCommand } from '@aws-sdk/client-kms'
import { Fault } from '../../core/platform/fault.ts'
import type { Signer } from '../../core/platform/ports.ts'
import { isTransient } from './transient.ts'

interface PublicKey {
  pem: string
  keyId: string
}

const KEY_SPEC = 'ECC_NIST_EDWARDS25519'
// Plain Ed25519 over the bytes, which whoever verifies needs; the PH variant signs a digest and verifies nowhere else.
const ALGORITHM = 'ED25519_SHA_512'
// KMS takes no longer raw message. Tickets stay far below: a recipe has at most eight stages.
const LONGEST_BYTES = 4096

/**
 * Ed25519 in KMS; `key` is the ARN of a key of spec ECC_NIST_EDWARDS25519. The key id is that of the embedded signer: 16 hex
 * digits of the SHA-256 of the public key (SPKI, DER), which is asked for once. Faults: `too_large` above 4,096 bytes, `busy`,
 * `internal` for a missing, disabled or other key, or a missing grant.
 */
export function createSigner(options: { client: KMSClientConfig; key: string }): Signer {
  const { key } = options
  let client: KMSClient | undefined
  let loaded: Promise<PublicKey> | undefined

  function kms(): KMSClient {
    client ??= new KMSClient(options.client)
    return client
  }

  function publicKey(): Promise<PublicKey> {
    loaded ??= load(kms(), key).catch((error: unknown) => {
      loaded = undefined
      throw error
    })
    return loaded
  }

  return {
    async sign(bytes) {
      if (bytes.length > LONGEST_BYTES)
        throw new Fault('too_large', `KMS signs at most ${LONGEST_BYTES} bytes, not ${bytes.length}: sign a digest`)
      const command = new SignCommand({ KeyId: key, Message: bytes, MessageType: 'RAW', SigningAlgorithm: ALGORITHM })
      const [{ keyId }, { Signature }] = await Promise.all([
        publicKey(),
        called('Sign', key, () => kms().send(command)),
      ])
      if (!Signature) throw new Fault('internal', `KMS Sign with key ${key} gave no signature`)
      return { keyId, signature: Buffer.from(Signature).toString('base64') }
    },
    async publicKey() {
      return (await publicKey()).pem
    },
  }
}

async function load(client: KMSClient, key: string): Promise<PublicKey> {
  const answer = await called('GetPublicKey', key, () => client.send(new GetPublicKeyCommand({ KeyId: key })))
  const { PublicKey: der, KeySpec } = answer
  if (!der || KeySpec !== KEY_SPEC)
    throw new Fault('internal', `KMS key ${key} has spec ${KeySpec}, not ${KEY_SPEC}: correct SLUICE_SIGNING_KEY`)
  const pem = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })
    .export({ type: 'spki', format: 'pem' })
    .toString()
  return { pem, keyId: createHash('sha256').update(der).digest('hex').slice(0, 16) }
}

async function called<T>(operation: string, key: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    const { name, message } = error as Error
    const what = `KMS ${operation} with key ${key}`
    if (isTransient(error)) throw new Fault('busy', `${what} failed, try again: ${name}: ${message}`, { cause: error })
    const remedy =
      name === 'AccessDeniedException'
        ? 'grant the function the signer in functions/manifest.ts'
        : 'check in KMS that SLUICE_SIGNING_KEY exists and is enabled'
    throw new Fault('internal', `${what}: ${name}: ${message}: ${remedy}`, { cause: error })
  }
}
