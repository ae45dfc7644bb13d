import { createHash, createPublicKey, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Signer } from '../../core/platform/ports.ts'

/** The Signer port. `open` gives a driver with a key of its own. */
export function describeSignerContract(name: string, open: () => Promise<Signer>): void {
  describe(`Signer: ${name}`, () => {
    const bytes = Buffer.from('{"ticket":"sluice.ticket/1"}')

    it('signs with Ed25519 so that the public key verifies, and nothing else does', async () => {
      const signer = await open()
      const { signature } = await signer.sign(bytes)
      const publicKey = createPublicKey(await signer.publicKey())
      expect(publicKey.asymmetricKeyType).toBe('ed25519')
      expect(verify(null, bytes, publicKey, Buffer.from(signature, 'base64'))).toBe(true)
      expect(verify(null, Buffer.from('other'), publicKey, Buffer.from(signature, 'base64'))).toBe(false)
      const stranger = createPublicKey(await (await open()).publicKey())
      expect(verify(null, bytes, stranger, Buffer.from(signature, 'base64'))).toBe(false)
    })

    it('writes signatures in base64 and names the key by its digest', async () => {
      const signer = await open()
      const { keyId, signature } = await signer.sign(bytes)
      expect(signature).toMatch(/^[A-Za-z0-9+/]{86}==$/)
      const der = createPublicKey(await signer.publicKey()).export({ type: 'spki', format: 'der' })
      expect(keyId).toBe(createHash('sha256').update(der).digest('hex').slice(0, 16))
    })

    it('keeps its key', async () => {
      const signer = await open()
      const first = await signer.sign(bytes)
      expect(await signer.sign(bytes)).toEqual(first)
    })
  })
}
