import { createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import type { JsonObject } from '../../core/platform/ports.ts'
import { type AwsCall, AwsError, type AwsServer, serveAws } from './batch-http.ts'

interface StoredKey {
  privateKey: KeyObject
  spec: string
  usage: string
  enabled: boolean
}

export interface KmsServer extends AwsServer {
  /** From now on Sign and GetPublicKey refuse the key. */
  disable(key: string): void
}

const ACCOUNT = 'arn:aws:kms:us-east-1:123456789012:key'
const ALGORITHMS: Record<string, string> = { ECC_NIST_EDWARDS25519: 'ED25519_SHA_512', ECC_NIST_P256: 'ECDSA_SHA_256' }
const LONGEST_MESSAGE = 4096

/** CreateKey, GetPublicKey and Sign of AWS KMS as its documentation has them, for Ed25519 and P-256 keys. */
export async function startKmsServer(): Promise<KmsServer> {
  const keys = new Map<string, StoredKey>()
  const server = await serveAws(({ operation, input }: AwsCall) => {
    if (operation === 'CreateKey') return createKey(input)
    if (operation === 'GetPublicKey') return getPublicKey(input)
    if (operation === 'Sign') return signMessage(input)
    throw new AwsError('UnknownOperationException', `${operation} is not served`)
  })
  return {
    ...server,
    disable(key) {
      keyOf({ KeyId: key }).enabled = false
    },
  }

  function createKey({ KeySpec, KeyUsage }: JsonObject): JsonObject {
    const spec = String(KeySpec)
    if (!(spec in ALGORITHMS)) refuse('ValidationException', `KeySpec ${spec} is not served`)
    if (KeyUsage !== 'SIGN_VERIFY') refuse('ValidationException', `KeyUsage ${KeyUsage} is not compatible with ${spec}`)
    const { privateKey } =
      spec === 'ECC_NIST_P256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
    const arn = `${ACCOUNT}/${randomUUID()}`
    keys.set(arn, { privateKey, spec, usage: KeyUsage, enabled: true })
    return { KeyMetadata: { KeyId: arn.slice(ACCOUNT.length + 1), Arn: arn, KeySpec: spec, KeyUsage } }
  }

  function getPublicKey(input: JsonObject): JsonObject {
    const { privateKey, spec, usage } = keyOf(input)
    const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
    return {
      KeyId: input.KeyId ?? null,
      PublicKey: der.toString('base64'),
      KeySpec: spec,
      CustomerMasterKeySpec: spec,
      KeyUsage: usage,
      SigningAlgorithms: [ALGORITHMS[spec] ?? ''],
    }
  }

  function signMessage(input: JsonObject): JsonObject {
    const { privateKey, spec } = keyOf(input)
    const { Message, MessageType = 'RAW', SigningAlgorithm = '' } = input
    const bytes = Buffer.from(String(Message), 'base64')
    if (bytes.length < 1 || bytes.length > LONGEST_MESSAGE)
      refuse('ValidationException', `Member must have length less than or equal to ${LONGEST_MESSAGE}`)
    if (SigningAlgorithm !== ALGORITHMS[spec])
      refuse('InvalidKeyUsageException', `Algorithm ${SigningAlgorithm} is incompatible with key spec ${spec}.`)
    if (MessageType !== 'RAW')
      refuse('ValidationException', `MessageType ${MessageType} does not fit ${SigningAlgorithm}`)
    const signature = sign(spec === 'ECC_NIST_P256' ? 'sha256' : null, bytes, privateKey)
    return { KeyId: input.KeyId ?? null, Signature: signature.toString('base64'), SigningAlgorithm }
  }

  function keyOf({ KeyId }: JsonObject): StoredKey {
    const key = keys.get(String(KeyId))
    if (!key) throw new AwsError('NotFoundException', `Key '${KeyId}' does not exist`)
    if (!key.enabled) throw new AwsError('DisabledException', `${KeyId} is disabled.`)
    return key
  }
}

function refuse(type: string, message: string): never {
  throw new AwsError(type, message)
}
