import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Draft, JsonObject, Table } from '../../core/platform/ports.ts'
import { draft, eventOf, type OpenTable, ownPartition, type TableHarness } from './table-harness.ts'

const ITEM_BYTES = 400 * 1024

/** DynamoDB's limits, which every driver keeps: code that passes here meets no new one in the cloud. */
export function describeTableLimits(open: OpenTable): void {
  let harness: TableHarness
  let table: Table
  beforeAll(async () => {
    harness = await open()
    table = harness.table
  })
  afterAll(() => harness.close())

  describe('limits', () => {
    it('takes an item just below 400 KB and refuses one above as too large', async () => {
      const pk = ownPartition()
      await table.put(draft(pk, 'a', { text: 'x'.repeat(ITEM_BYTES - 500) }), 'any')
      await refuses(table, draft(pk, 'b', { text: 'x'.repeat(ITEM_BYTES) }), 'too_large')
      await refuses(table, { ...draft(pk, 'b'), bytes: new Uint8Array(ITEM_BYTES) }, 'too_large')
    })

    it('counts names and UTF-8 bytes, not characters', async () => {
      const pk = ownPartition()
      await refuses(table, draft(pk, 'a', { text: 'é'.repeat(ITEM_BYTES / 2) }), 'too_large')
      await refuses(table, draft(pk, 'a', { ['n'.repeat(ITEM_BYTES)]: 1 }), 'too_large')
    })

    it('counts the event, which is stored with the item', async () => {
      const pk = ownPartition()
      const half = 'x'.repeat(ITEM_BYTES / 2)
      await table.put(draft(pk, 'a', { half }), 'any', eventOf(pk, `${pk}/1`))
      const event = { ...eventOf(pk, `${pk}/2`), data: { half } }
      await expect(table.put(draft(pk, 'b', { half }), 'any', event)).rejects.toMatchObject({ code: 'too_large' })
    })

    it('takes keys up to 2,048 and 1,024 bytes and refuses longer and empty ones', async () => {
      const pk = ownPartition()
      const longest = pk + 'é'.repeat((2048 - pk.length) >> 1).padEnd(2048 - pk.length - ((2048 - pk.length) >> 1), '.')
      const item = await table.put(draft(longest, 'é'.repeat(512)), 'any')
      expect(await table.get({ pk: longest, sk: 'é'.repeat(512) })).toEqual(item)
      await refuses(table, draft(`${longest}x`, 'a'), 'invalid')
      await refuses(table, draft(pk, `${'é'.repeat(512)}x`), 'invalid')
      await refuses(table, draft('', 'a'), 'invalid')
      await refuses(table, draft(pk, ''), 'invalid')
      await refuses(table, { ...draft(pk, 'a'), gsi1: { pk: '', sk: 'a' } }, 'invalid')
      await refuses(table, { ...draft(pk, 'a'), gsi2: { pk: 'g', sk: 'x'.repeat(1025) } }, 'invalid')
      await expect(table.get({ pk, sk: '' })).rejects.toMatchObject({ code: 'invalid' })
      await expect(table.delete({ pk: '', sk: 'a' }, 'any')).rejects.toMatchObject({ code: 'invalid' })
      await expect(table.query({ pk: '' })).rejects.toMatchObject({ code: 'invalid' })
    })

    it.each<[string, unknown]>([
      ['NaN', Number.NaN],
      ['an infinity', Number.NEGATIVE_INFINITY],
      ['undefined', undefined],
      ['a function', () => 1],
      ['a bigint', 1n],
      ['a Date', new Date(0)],
      ['a Map', new Map()],
      ['bytes', Uint8Array.of(1)],
      ['a number beyond DynamoDB', 1e200],
      ['a number too close to 0 for DynamoDB', 1e-200],
      ['half of a surrogate pair', 'cut \ud83d'],
      ['a hole in a list', new Array(1)],
    ])('refuses %s in the data and names its path', async (_, value) => {
      const bad = { fine: 1, 'a/b': [{ inner: value }] } as unknown as JsonObject
      const failure = await table.put(draft(ownPartition(), 'a', bad), 'any').catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'invalid', message: expect.stringContaining('/data/a~1b/0/inner') })
    })

    it('takes 32 levels of data and refuses deeper ones, and data that contains itself', async () => {
      const pk = ownPartition()
      const nested = (levels: number): JsonObject => (levels === 1 ? {} : { a: nested(levels - 1) })
      await table.put(draft(pk, 'a', nested(32)), 'any')
      await refuses(table, draft(pk, 'a', nested(33)), 'invalid')
      const loop: JsonObject = {}
      loop.self = loop
      await refuses(table, draft(pk, 'a', loop), 'invalid')
    })

    it.each([0, -1, 1.5, 1001, Number.NaN])('refuses a query limit of %s', async (limit) => {
      await expect(table.query({ pk: 'a', limit })).rejects.toMatchObject({ code: 'invalid' })
    })

    it.each([-1, 1.5, Number.NaN])('refuses an expiry of %s', async (expiresAt) => {
      await refuses(table, { ...draft(ownPartition(), 'a'), expiresAt }, 'invalid')
    })
  })
}

async function refuses(table: Table, item: Draft, code: string): Promise<void> {
  await expect(table.put(item, 'any')).rejects.toMatchObject({ code })
}
