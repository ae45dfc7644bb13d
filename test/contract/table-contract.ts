import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Item, JsonObject, Table } from '../../core/platform/ports.ts'
import { draft, eventOf, type OpenTable, ownPartition, type TableHarness } from './table-harness.ts'
import { describeTableLimits } from './table-limits-contract.ts'
import { describeTableModel } from './table-model-contract.ts'
import { describeTableQueries } from './table-query-contract.ts'

/** The Table port: what every driver must do. */
export function describeTableContract(name: string, open: OpenTable, options: { runs?: number } = {}): void {
  describe(`Table: ${name}`, () => {
    describeTableWrites(open)
    describeTableLimits(open)
    describeTableQueries(open)
    describeTableModel(open, options.runs)
  })
}

function describeTableWrites(open: OpenTable): void {
  let harness: TableHarness
  let table: Table
  beforeAll(async () => {
    harness = await open()
    table = harness.table
  })
  afterAll(() => harness.close())

  describe('writes', () => {
    it('returns what was put, with version 1, and undefined for what was not', async () => {
      const pk = ownPartition()
      const full: Item = {
        pk,
        sk: 'META',
        data: { status: 'running', nested: { list: [1, null, true, 'é', { a: -0.5 }] }, empty: {}, none: [], text: '' },
        bytes: Uint8Array.of(0, 255, 10),
        gsi1: { pk: `${pk}/g1`, sk: '1' },
        gsi2: { pk: `${pk}/g2`, sk: '2' },
        expiresAt: 1_900_000_000,
        version: 1,
      }
      expect(await table.put(full, 'absent')).toEqual(full)
      expect(await table.get({ pk, sk: 'META' })).toEqual(full)
      expect(await table.get({ pk, sk: 'OTHER' })).toBeUndefined()
    })

    it('counts versions from 1 under every guard, whatever version the draft carries', async () => {
      const pk = ownPartition()
      expect((await table.put({ ...draft(pk, 'a'), version: 7 } as Item, 'any')).version).toBe(1)
      expect((await table.put(draft(pk, 'a'), 'any')).version).toBe(2)
      expect((await table.put(draft(pk, 'a'), { version: 2 })).version).toBe(3)
      await table.delete({ pk, sk: 'a' }, { version: 3 })
      expect((await table.put(draft(pk, 'a'), 'absent')).version).toBe(1)
    })

    it('replaces the whole item: what the new draft lacks is gone', async () => {
      const pk = ownPartition()
      await table.put(
        { ...draft(pk, 'a', { x: 1 }), bytes: Uint8Array.of(1), gsi1: { pk: `${pk}/g`, sk: '1' }, expiresAt: 1 },
        'any',
      )
      await table.put(draft(pk, 'a', { y: 2 }), 'any')
      expect(await table.get({ pk, sk: 'a' })).toEqual({ pk, sk: 'a', data: { y: 2 }, version: 2 })
      expect((await table.query({ pk: `${pk}/g`, index: 'gsi1' })).items).toEqual([])
    })

    it('refuses a write whose guard does not hold, and changes nothing', async () => {
      const pk = ownPartition()
      const stored = await table.put(draft(pk, 'a', { n: 1 }), 'absent')
      await expect(table.put(draft(pk, 'a'), 'absent')).rejects.toMatchObject({ code: 'conflict' })
      await expect(table.put(draft(pk, 'a'), { version: 2 })).rejects.toMatchObject({ code: 'conflict' })
      await expect(table.put(draft(pk, 'b'), { version: 1 })).rejects.toMatchObject({ code: 'conflict' })
      await expect(table.delete({ pk, sk: 'a' }, { version: 2 })).rejects.toMatchObject({ code: 'conflict' })
      await expect(table.delete({ pk, sk: 'b' }, { version: 1 })).rejects.toMatchObject({ code: 'conflict' })
      expect(await table.get({ pk, sk: 'a' })).toEqual(stored)
      expect(await table.get({ pk, sk: 'b' })).toBeUndefined()
    })

    it('lets exactly one of many writers with the same guard win', async () => {
      const pk = ownPartition()
      const created = await Promise.allSettled(
        Array.from({ length: 10 }, (_, n) => table.put(draft(pk, 'a', { n }), 'absent')),
      )
      const winners = created.filter((write) => write.status === 'fulfilled')
      expect(winners).toHaveLength(1)
      expect(await table.get({ pk, sk: 'a' })).toEqual(winners[0]?.value)
      const updated = await Promise.allSettled(
        Array.from({ length: 10 }, () => table.put(draft(pk, 'a'), { version: 1 })),
      )
      expect(updated.filter((write) => write.status === 'fulfilled')).toHaveLength(1)
    })

    it('deletes, and deleting what is not there succeeds under guard any', async () => {
      const pk = ownPartition()
      await table.put(draft(pk, 'a'), 'any')
      await table.delete({ pk, sk: 'a' }, 'any')
      await table.delete({ pk, sk: 'a' }, 'any')
      expect(await table.get({ pk, sk: 'a' })).toBeUndefined()
    })

    it('hands out copies: changing them, or the draft after the call, changes nothing stored', async () => {
      const pk = ownPartition()
      const given = { ...draft(pk, 'a', { list: [1] }), bytes: Uint8Array.of(1) }
      const writing = table.put(given, 'any')
      spoil(given)
      spoil(await writing)
      spoil(await table.get({ pk, sk: 'a' }))
      spoil((await table.query({ pk })).items[0])
      expect(await table.get({ pk, sk: 'a' })).toEqual({
        pk,
        sk: 'a',
        data: { list: [1] },
        bytes: Uint8Array.of(1),
        version: 1,
      })
    })
  })

  describe('events', () => {
    it('stores the event with the item, unchanged and once', async () => {
      const pk = ownPartition()
      const event = { ...eventOf(pk, `${pk}/1`), data: { deep: { list: [1, 'é', null] } } }
      await table.put(draft(pk, 'a'), 'absent', event)
      await table.put(draft(pk, 'a'), 'any')
      expect(await eventsAbout(harness, pk)).toEqual([event])
      expect(await table.get({ pk, sk: 'a' })).toEqual({ pk, sk: 'a', data: {}, version: 2 })
    })

    it('stores no event when the write is refused', async () => {
      const pk = ownPartition()
      await table.put(draft(pk, 'a'), 'absent', eventOf(pk, `${pk}/1`))
      await expect(table.put(draft(pk, 'a'), 'absent', eventOf(pk, `${pk}/2`))).rejects.toMatchObject({
        code: 'conflict',
      })
      await expect(table.put(draft(pk, 'a', { x: Number.NaN }), 'any', eventOf(pk, `${pk}/3`))).rejects.toMatchObject({
        code: 'invalid',
      })
      expect((await eventsAbout(harness, pk)).map((event) => event.id)).toEqual([`${pk}/1`])
    })

    it('stores one event for each of many concurrent writes that succeed', async () => {
      const pk = ownPartition()
      const write = (n: number) => table.put(draft(pk, `k${n % 5}`), 'absent', eventOf(pk, `${pk}/${n}`))
      const results = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => write(n)))
      const won = results.flatMap((result, n) => (result.status === 'fulfilled' ? [`${pk}/${n}`] : []))
      expect(won).toHaveLength(5)
      expect((await eventsAbout(harness, pk)).map((event) => event.id).sort()).toEqual(won.sort())
    })
  })
}

async function eventsAbout(harness: TableHarness, subject: string) {
  return (await harness.events()).filter((event) => event.subject === subject)
}

function spoil(item: { data: JsonObject; bytes?: Uint8Array } | undefined): void {
  if (!item) return
  item.bytes?.fill(99)
  ;(item.data.list as number[]).push(99)
}
