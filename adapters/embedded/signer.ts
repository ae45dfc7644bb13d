import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { join } from 'node:path'
import { Fault } from '../../core/platform/fault.ts'
import type { Signer } from '../../core/platform/ports.ts'
import { createPrivateFile, readPrivateFile } from './private-file.ts'

interface KeyPair {
  privateKey: KeyObject
  publicPem: string
  keyId: string
}

/**
 * Ed25519 with the key in `<directory>/keys/ticket.pem` (mode 0600), generated on first use and never replaced. The key
 * id is the first 16 hex digits of the SHA-256 of the public key (SPKI, DER). Faults: `forbidden`, `corrupt`.
 */
export function createSigner(directory: string): Signer {
  const path = join(directory, 'keys', 'ticket.pem')
  let loaded: Promise<KeyPair> | undefined

  function keyPair(): Promise<KeyPair> {
    loaded ??= load(path).catch((error: unknown) => {
      loaded = undefined
      throw error
    })
    return loaded
  }

  return {
    async sign(bytes) {
      const { privateKey, keyId } = await keyPair()
      return { keyId, signature: sign(null, bytes, privateKey).toString('base64') }
    },
    async publicKey() {
      return (await keyPair()).publicPem
    },
  }
}

async function load(path: string): Promise<KeyPair> {
  const stored = (await readPrivateFile(path)) ?? (await generate(path))
  const privateKey = parse(path, stored)
  const publicKey = createPublicKey(privateKey)
  const der = publicKey.export({ type: 'spki', format: 'der' })
  const keyId = createHash('sha256').update(der).digest('hex').slice(0, 16)
  return { privateKey, publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(), keyId }
}

async function generate(path: string): Promise<string> {
  const { privateKey } = generateKeyPairSync('ed25519')
  await createPrivateFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  // Another process may have been first: what is in the file counts.
  return (await readPrivateFile(path)) ?? ''
}

function parse(path: string, pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch (error) {
    throw corrupt(path, error)
  }
  throw corrupt(path)
}

function corrupt(path: string, cause?: unknown): Fault {
  const remedy = 'restore it, or remove it to get a new key, which no ticket issued so far will match'
  return new Fault('corrupt', `${path} holds no Ed25519 private key: ${remedy}`, { cause })
}
