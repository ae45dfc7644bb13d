import { describe, expect, it } from 'vitest'
import { openDatabase } from '../../adapters/embedded/database.ts'
import { createTable } from '../../adapters/embedded/table.ts'
import { draft } from '../contract/table-harness.ts'
import { withEventualIndexes } from '../support/eventual-indexes.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

function setUp() {
  const clock = createVirtualClock()
  const table = withEventualIndexes(createTable(openDatabase(':memory:'), 'control', clock), clock, 1_000)
  const indexed = async () => (await table.query({ pk: 'g', index: 'gsi1' })).items
  return { clock, table, indexed }
}

describe('eventual indexes', () => {
  it('show puts and deletes late, while the table shows them at once', async () => {
    const { clock, table, indexed } = setUp()
    const item = await table.put({ ...draft('p', 'a'), gsi1: { pk: 'g', sk: '1' } }, 'absent')
    expect(await table.get({ pk: 'p', sk: 'a' })).toEqual(item)
    expect((await table.query({ pk: 'p' })).items).toEqual([item])
    await clock.advance(999)
    expect(await indexed()).toEqual([])
    await clock.advance(1)
    expect(await indexed()).toEqual([item])
    await table.delete({ pk: 'p', sk: 'a' }, { version: 1 })
    expect(await indexed()).toEqual([item])
    await clock.advance(1_000)
    expect(await indexed()).toEqual([])
  })

  it('show the item as it was, with its old version, until the new one arrives', async () => {
    const { clock, table, indexed } = setUp()
    const put = (n: number) => table.put({ ...draft('p', 'a', { n }), gsi1: { pk: 'g', sk: '1' } }, 'any')
    const first = await put(1)
    await clock.advance(1_000)
    const second = await put(2)
    expect(await indexed()).toEqual([first])
    await clock.advance(1_000)
    expect(await indexed()).toEqual([second])
  })

  it('never show a write that was refused', async () => {
    const { clock, table, indexed } = setUp()
    await expect(table.put({ ...draft('p', 'a'), gsi1: { pk: 'g', sk: '1' } }, { version: 1 })).rejects.toThrow()
    await clock.advance(5_000)
    expect(await indexed()).toEqual([])
  })
})
