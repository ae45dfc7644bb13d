import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openDatabase } from '../../adapters/embedded/database.ts'
import { createOutbox } from '../../adapters/embedded/outbox.ts'
import { createTable } from '../../adapters/embedded/table.ts'
import { describeTableContract } from '../contract/table-contract.ts'
import { draft, eventOf } from '../contract/table-harness.ts'
import { tempDir } from '../support/temp-dir.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const clock = createVirtualClock()

describeTableContract('embedded', async () => {
  const database = openDatabase(':memory:')
  const outbox = createOutbox(database, clock)
  return {
    table: createTable(database, 'control', clock),
    events: async () => outbox.pending(1_000_000).map((entry) => entry.event),
    close: async () => database.close(),
  }
})

describe('embedded table', () => {
  it('keeps tables of one database apart, cursors included', async () => {
    const database = openDatabase(':memory:')
    const control = createTable(database, 'control', clock)
    const metrics = createTable(database, 'metrics', clock)
    for (const sk of ['a', 'b']) await control.put(draft('p', sk), 'absent')
    expect(await metrics.get({ pk: 'p', sk: 'a' })).toBeUndefined()
    const { cursor = '' } = await control.query({ pk: 'p', limit: 1 })
    await expect(metrics.query({ pk: 'p', cursor })).rejects.toMatchObject({ code: 'invalid' })
  })

  it('gives no cursor with the last item', async () => {
    const table = createTable(openDatabase(':memory:'), 'control', clock)
    for (const sk of ['a', 'b']) await table.put(draft('p', sk), 'any')
    expect(await table.query({ pk: 'p', limit: 2 })).not.toHaveProperty('cursor')
  })

  it('refuses events on a table that publishes none', async () => {
    const table = createTable(openDatabase(':memory:'), 'metrics', clock, { publishes: false })
    await expect(table.put(draft('p', 'a'), 'any', eventOf('p', '1'))).rejects.toThrow(
      'table metrics publishes no events',
    )
  })

  it('refuses NUL in keys, which SQLite would cut', async () => {
    const table = createTable(openDatabase(':memory:'), 'control', clock)
    await expect(table.put(draft('p\0q', 'a'), 'any')).rejects.toMatchObject({ code: 'invalid' })
  })

  it('names the item, both versions and the remedy in a conflict', async () => {
    const table = createTable(openDatabase(':memory:'), 'control', clock)
    await table.put(draft('JOB#1', 'META'), 'any')
    await expect(table.put(draft('JOB#1', 'META'), { version: 4 })).rejects.toThrow(
      'item JOB#1 / META in table control has version 1, the write expects version 4: read it again',
    )
  })

  it('deletes expired items in the course of later writes, at most once a minute', async () => {
    const moving = createVirtualClock()
    const table = createTable(openDatabase(':memory:'), 'control', moving)
    const expiresAt = Math.floor(moving.now().getTime() / 1000) + 30
    await table.put({ ...draft('p', 'old'), expiresAt }, 'any')
    await moving.advance(45_000)
    await table.put(draft('p', 'a'), 'any')
    expect(await table.get({ pk: 'p', sk: 'old' })).toBeDefined()
    await moving.advance(30_000)
    await table.put(draft('p', 'b'), 'any')
    expect(await table.get({ pk: 'p', sk: 'old' })).toBeUndefined()
    expect((await table.query({ pk: 'p' })).items).toHaveLength(2)
  })

  it('keeps everything over a restart', async () => {
    const path = join(tempDir(), 'control.db')
    const before = openDatabase(path)
    const item = await createTable(before, 'control', clock).put(
      { ...draft('p', 'a', { n: 1 }), bytes: Uint8Array.of(1) },
      'any',
    )
    before.close()
    const after = openDatabase(path)
    expect(await createTable(after, 'control', clock).get({ pk: 'p', sk: 'a' })).toEqual(item)
    after.close()
  })
})
