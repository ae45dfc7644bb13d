import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { openDatabase } from '../../adapters/embedded/database.ts'
import { createOutbox } from '../../adapters/embedded/outbox.ts'
import { createTable } from '../../adapters/embedded/table.ts'
import { draft, eventOf } from '../contract/table-harness.ts'
import { tempDir } from '../support/temp-dir.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const clock = createVirtualClock()

describe('database', () => {
  it('rolls a write that throws back alone, and commits the others of its turn', async () => {
    const { handle, write } = openDatabase(':memory:')
    handle.exec('create table notes (text text)')
    const insert = (text: string) => handle.prepare('insert into notes values (?)').run(text)
    const results = await Promise.allSettled([
      write(() => insert('first')),
      write(() => {
        insert('never')
        throw new Error('changed its mind')
      }),
      write(() => insert('last')),
    ])
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(
      handle
        .prepare('select text from notes')
        .all()
        .map((row) => row.text),
    ).toEqual(['first', 'last'])
  })

  it('leaves a transaction alone that other code has open on the connection', async () => {
    const { handle, write } = openDatabase(':memory:')
    handle.exec('create table notes (text text); begin; insert into notes values (1)')
    await expect(write(() => 1)).rejects.toMatchObject({ code: 'internal' })
    handle.exec('commit')
    expect(handle.prepare('select count(*) as notes from notes').get()).toEqual({ notes: 1 })
    expect(await write(() => 2)).toBe(2)
  })

  it('refuses every write of a turn that fills the disk, keeps what was there, and goes on when there is room', async () => {
    const database = openDatabase(join(tempDir(), 'control.db'))
    const table = createTable(database, 'control', clock)
    const stored = await table.put(draft('p', 'a'), 'absent', eventOf('p', '1'))
    const pages = Number(database.handle.prepare('pragma page_count').get()?.page_count)
    database.handle.exec(`pragma max_page_count = ${pages + 4}`)
    const big = { text: 'x'.repeat(50_000) }
    const writes = [
      table.put(draft('p', 'small'), 'any', eventOf('p', '2')),
      table.put(draft('p', 'big', big), 'any', eventOf('p', '3')),
    ]
    for (const write of await Promise.allSettled(writes))
      expect(write).toMatchObject({
        status: 'rejected',
        reason: { code: 'internal', message: expect.stringContaining('free disk space') },
      })
    expect((await table.query({ pk: 'p' })).items).toEqual([stored])
    expect(createOutbox(database, clock).pending(10)).toHaveLength(1)
    database.handle.exec(`pragma max_page_count = ${pages + 1000}`)
    await table.put(draft('p', 'big', big), 'absent', eventOf('p', '3'))
    expect(createOutbox(database, clock).pending(10)).toHaveLength(2)
    database.close()
  })

  it('holds guards between two connections to one file', async () => {
    const path = join(tempDir(), 'control.db')
    const [one, two] = [openDatabase(path), openDatabase(path)]
    const tables = [createTable(one, 'control', clock), createTable(two, 'control', clock)]
    const writes = await Promise.allSettled(tables.map((table) => table.put(draft('p', 'a'), 'absent')))
    expect(writes.map((write) => write.status).toSorted()).toEqual(['fulfilled', 'rejected'])
    one.close()
    two.close()
  })

  it('commits what is queued when it is closed, and refuses writes afterwards', async () => {
    const path = join(tempDir(), 'control.db')
    const database = openDatabase(path)
    const table = createTable(database, 'control', clock)
    const writes = Array.from({ length: 300 }, (_, n) => table.put(draft('p', String(n)), 'absent'))
    database.close()
    await Promise.all(writes)
    await expect(table.put(draft('p', 'late'), 'any')).rejects.toThrow('is closed')
    const reopened = openDatabase(path)
    expect((await createTable(reopened, 'control', clock).query({ pk: 'p', limit: 1000 })).items).toHaveLength(300)
    reopened.close()
  })

  it('says what to do with a file of a newer version, and with one that is no database', () => {
    const newer = join(tempDir(), 'newer.db')
    openDatabase(newer).close()
    const handle = new DatabaseSync(newer)
    handle.exec('pragma user_version = 99')
    handle.close()
    expect(() => openDatabase(newer)).toThrow(/schema 99.*upgrade/)
    const text = join(tempDir(), 'text.db')
    writeFileSync(text, 'this is not a database, only some text that is long enough to look like one'.repeat(20))
    expect(() => openDatabase(text)).toThrow(expect.objectContaining({ code: 'corrupt' }))
    expect(() => openDatabase(join(tempDir(), 'missing', 'x.db'))).toThrow(
      expect.objectContaining({ code: 'internal' }),
    )
  })

  it('reports a database that another process holds as busy', async () => {
    const path = join(tempDir(), 'control.db')
    const database = openDatabase(path)
    database.handle.exec('pragma busy_timeout = 20')
    const holder = new DatabaseSync(path)
    holder.exec('begin immediate')
    const table = createTable(database, 'control', clock)
    await expect(table.put(draft('p', 'a'), 'any')).rejects.toMatchObject({ code: 'busy' })
    holder.exec('rollback')
    holder.close()
    expect(await table.put(draft('p', 'a'), 'any')).toMatchObject({ version: 1 })
    database.close()
  })
})
