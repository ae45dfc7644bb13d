import { describe, expect, it } from 'vitest'
import type { Secrets } from '../../core/platform/ports.ts'

/** The Secrets port. `open` gives a driver that holds exactly these secrets. */
export function describeSecretsContract(name: string, open: (held: Record<string, string>) => Promise<Secrets>): void {
  describe(`Secrets: ${name}`, () => {
    it('reads what it holds, to the character', async () => {
      const secrets = await open({ 'hf-token': 'hf_é 1', WANDB_API_KEY: ' two\nlines ' })
      expect(await secrets.read('hf-token')).toBe('hf_é 1')
      expect(await secrets.read('WANDB_API_KEY')).toBe(' two\nlines ')
    })

    it('names what it does not hold', async () => {
      const secrets = await open({ other: 'x' })
      await expect(secrets.read('hf-token')).rejects.toMatchObject({
        code: 'not_found',
        message: expect.stringContaining('hf-token'),
      })
    })

    it.each(['', '../keys/ticket.pem', '/etc/passwd', '.hidden', 'a/b', 'a b', 'a\0', 'x'.repeat(129)])(
      'refuses the name %j',
      async (bad) => {
        await expect((await open({})).read(bad)).rejects.toMatchObject({ code: 'invalid' })
      },
    )
  })
}
