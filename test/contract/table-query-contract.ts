import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Item, Table, TableQuery } from '../../core/platform/ports.ts'
import { allPages, draft, type OpenTable, ownPartition, type TableHarness } from './table-harness.ts'

// In UTF-8 order. UTF-16 puts the last two the other way round, a locale mixes the cases.
const SORTED = ['!', '0', 'A', 'Z', 'a', 'a!', 'ab', 'b', 'é', '\ud7ff', '\ue000', '\ufffd', '😀']

export function describeTableQueries(open: OpenTable): void {
  let harness: TableHarness
  let table: Table
  beforeAll(async () => {
    harness = await open()
    table = harness.table
  })
  afterAll(() => harness.close())

  async function filled(sks: string[]): Promise<string> {
    const pk = ownPartition()
    for (const sk of sks.toReversed()) await table.put(draft(pk, sk), 'any')
    return pk
  }

  async function sks(query: TableQuery): Promise<string[]> {
    return (await allPages(table, query)).map((item) => item.sk)
  }

  describe('queries', () => {
    it('orders keys by their UTF-8 bytes, both ways, and keeps to its partition', async () => {
      const pk = await filled(SORTED)
      await table.put(draft(`${pk}x`, 'a'), 'any')
      expect(await sks({ pk })).toEqual(SORTED)
      expect(await sks({ pk, descending: true })).toEqual(SORTED.toReversed())
      expect(await sks({ pk: `${pk}y` })).toEqual([])
    })

    it('bounds keys by prefix, and by an inclusive range', async () => {
      const pk = await filled(SORTED)
      expect(await sks({ pk, sk: { prefix: 'a' } })).toEqual(['a', 'a!', 'ab'])
      expect(await sks({ pk, sk: { prefix: '' } })).toEqual(SORTED)
      expect(await sks({ pk, sk: { prefix: '\ud7ff' } })).toEqual(['\ud7ff'])
      expect(await sks({ pk, sk: { prefix: '😀' } })).toEqual(['😀'])
      expect(await sks({ pk, sk: { from: 'Z', to: 'a!' }, descending: true })).toEqual(['a!', 'a', 'Z'])
      expect(await sks({ pk, sk: { from: '\ue000' } })).toEqual(['\ue000', '\ufffd', '😀'])
      expect(await sks({ pk, sk: { to: '0' } })).toEqual(['!', '0'])
      expect(await sks({ pk, sk: {} })).toEqual(SORTED)
      expect(await sks({ pk, sk: { from: 'b', to: 'a' } })).toEqual([])
    })

    it.each([1, 2, 5, 13])('gives every item once in pages of %i, both ways', async (limit) => {
      const pk = await filled(SORTED)
      expect(await sks({ pk, limit })).toEqual(SORTED)
      expect(await sks({ pk, limit, descending: true })).toEqual(SORTED.toReversed())
      expect((await table.query({ pk, limit })).items).toHaveLength(limit)
    })

    it('ends a page at 1 MB', async () => {
      const pk = ownPartition()
      for (let n = 0; n < 8; n++) await table.put(draft(pk, String(n), { text: 'x'.repeat(300_000) }), 'any')
      const { items, cursor } = await table.query({ pk })
      expect(items.length).toBeGreaterThan(0)
      expect(items.length).toBeLessThan(5)
      expect(cursor).toBeDefined()
      expect(await sks({ pk })).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
    })

    it('gives 100 items unless told', async () => {
      const pk = ownPartition()
      await Promise.all(Array.from({ length: 101 }, (_, n) => table.put(draft(pk, String(n)), 'any')))
      expect((await table.query({ pk })).items).toHaveLength(100)
    })

    it('goes on from a cursor whose item was deleted, and shows what came after it', async () => {
      const pk = await filled(['a', 'b', 'c'])
      const { cursor = '' } = await table.query({ pk, limit: 1 })
      await table.delete({ pk, sk: 'a' }, 'any')
      await table.put(draft(pk, 'aa'), 'any')
      expect(await sks({ pk, cursor })).toEqual(['aa', 'b', 'c'])
    })

    it('refuses a cursor of another partition, index or direction, out of its range, or made up', async () => {
      const pk = ownPartition()
      for (const sk of ['a', 'b']) await table.put({ ...draft(pk, sk), gsi1: { pk, sk }, gsi2: { pk, sk } }, 'any')
      const { cursor = '' } = await table.query({ pk, limit: 1 })
      const strange: TableQuery[] = [
        { pk: `${pk}x`, cursor },
        { pk, index: 'gsi1', cursor },
        { pk, descending: true, cursor },
        { pk, sk: { from: 'b' }, cursor },
        { pk, sk: { prefix: 'b' }, cursor },
        { pk, index: 'gsi2', cursor: (await table.query({ pk, index: 'gsi1', limit: 1 })).cursor ?? '' },
        { pk, cursor: 'made-up' },
        { pk, cursor: '' },
      ]
      for (const query of strange)
        await expect(table.query(query), JSON.stringify(query)).rejects.toMatchObject({ code: 'invalid' })
      expect(await sks({ pk, cursor })).toEqual(['b'])
    })
  })

  describe('indexes', () => {
    it('hold the items that carry their keys, whole and in the order of the index', async () => {
      const pk = ownPartition()
      const put = (sk: string, order: string) =>
        table.put({ ...draft(pk, sk, { sk }), gsi1: { pk: `${pk}/g`, sk: order } }, 'any')
      const third = await put('a', '3')
      const first = await put('b', '1')
      await table.put(draft(pk, 'c'), 'any')
      await table.put({ ...draft(pk, 'd'), gsi2: { pk: `${pk}/g`, sk: '2' } }, 'any')
      await eventually(async () => {
        expect(await allPages(table, { pk: `${pk}/g`, index: 'gsi1' })).toEqual([first, third])
        expect(await sks({ pk: `${pk}/g`, index: 'gsi1', sk: { from: '2' } })).toEqual(['a'])
        expect(await sks({ pk: `${pk}/g`, index: 'gsi2' })).toEqual(['d'])
      })
    })

    it('forget items that were deleted, moved or lost the keys', async () => {
      const pk = ownPartition()
      const g = (name: string) => ({ pk: `${pk}/${name}`, sk: '1' })
      for (const sk of ['a', 'b', 'c', 'd']) await table.put({ ...draft(pk, sk), gsi1: g('from') }, 'any')
      await table.delete({ pk, sk: 'a' }, 'any')
      await table.put({ ...draft(pk, 'b'), gsi1: g('to') }, 'any')
      await table.put(draft(pk, 'c'), 'any')
      await eventually(async () => {
        expect(await sks({ pk: `${pk}/from`, index: 'gsi1' })).toEqual(['d'])
        expect(await sks({ pk: `${pk}/to`, index: 'gsi1' })).toEqual(['b'])
      })
    })

    it('page through items with equal index keys in one stable order, both ways', async () => {
      const pk = ownPartition()
      const written: Item[] = []
      for (const owner of ['x', 'y', 'z'])
        for (const sk of ['1', '2', '3'])
          written.push(await table.put({ ...draft(`${pk}/${owner}`, sk), gsi2: { pk, sk: 'same' } }, 'any'))
      await eventually(async () => {
        const names = (items: Item[]) => items.map((item) => `${item.pk} ${item.sk}`)
        const whole = names(await allPages(table, { pk, index: 'gsi2' }))
        expect(whole.toSorted()).toEqual(names(written).toSorted())
        for (const limit of [1, 2, 4]) expect(names(await allPages(table, { pk, index: 'gsi2', limit }))).toEqual(whole)
        const back = names(await allPages(table, { pk, index: 'gsi2', limit: 2, descending: true }))
        expect(back).toEqual(whole.toReversed())
      })
    })
  })
}

// An index may lag behind its table; embedded ones do not, and pass at the first look.
async function eventually(check: () => Promise<void>): Promise<void> {
  for (let look = 1; look < 50; look++) {
    const failed = await check().then(
      () => false,
      () => true,
    )
    if (!failed) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await check()
}
