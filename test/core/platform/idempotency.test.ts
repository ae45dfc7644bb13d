import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { claimKey } from '../../../core/platform/idempotency.ts'
import { createTestPlatform } from '../support/test-platform.ts'

const alice = { principal: 'alice', idempotencyKey: 'key-1' }

describe('an idempotency key', () => {
  it('belongs to the first request that uses it, whatever the order of its fields', async () => {
    const platform = createTestPlatform()
    await claimKey(platform, alice, { a: 1, b: 2 }, {})
    await claimKey(platform, alice, { b: 2, a: 1 }, {})
    await expect(claimKey(platform, alice, { a: 1, b: 3 }, {})).rejects.toMatchObject({
      code: 'idempotency_mismatch',
      message: expect.stringContaining('use a new key'),
    })
  })

  it('gives a repeat the note of the first request', async () => {
    const platform = createTestPlatform()
    expect(await claimKey(platform, alice, {}, { run: 1 })).toEqual({ run: 1 })
    expect(await claimKey(platform, alice, {}, { run: 2 })).toEqual({ run: 1 })
  })

  it('is won by one of many at once', async () => {
    const platform = createTestPlatform()
    const claims = Array.from({ length: 8 }, (_, i) => claimKey(platform, alice, { i }, {}))
    const settled = await Promise.allSettled(claims)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('of one principal never meets that of another, wherever a separator may stand', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', '#', '/'), minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(text, text, text, fc.constantFrom('#', '/', '\n'), async (a, b, c, between) => {
        const platform = createTestPlatform()
        await claimKey(platform, { principal: `${a}${between}${b}`, idempotencyKey: c }, 'first', {})
        await claimKey(platform, { principal: a, idempotencyKey: `${b}${between}${c}` }, 'second', {})
      }),
      { numRuns: 40 },
    )
  })

  it('expires after a week', async () => {
    const platform = createTestPlatform()
    await claimKey(platform, alice, 'first', {})
    await platform.clock.advance(7 * 86_400_000 + 61_000)
    await platform.table.put({ pk: 'any', sk: 'write', data: {} }, 'any')
    await claimKey(platform, alice, 'second', {})
  })

  it('is not needed: without one, nothing is stored and the note comes back', async () => {
    const platform = createTestPlatform()
    expect(await claimKey(platform, { principal: 'alice' }, {}, { run: 2 })).toEqual({ run: 2 })
    expect((await platform.table.query({ pk: 'IDEM#alice' })).items).toEqual([])
  })
})
