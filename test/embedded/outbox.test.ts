import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Database, openDatabase } from '../../adapters/embedded/database.ts'
import { createOutbox } from '../../adapters/embedded/outbox.ts'
import { createTable } from '../../adapters/embedded/table.ts'
import { draft, eventOf } from '../contract/table-harness.ts'
import { tempDir } from '../support/temp-dir.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

const HALF = () => 0.5

function setUp(database: Database = openDatabase(':memory:')) {
  const clock = createVirtualClock()
  const outbox = createOutbox(database, clock, { random: HALF })
  const table = createTable(database, 'control', clock)
  onTestFinished(() => database.close())
  return {
    clock,
    outbox,
    table,
    put: (subject: string, id: string) => table.put(draft(subject, id), 'any', eventOf(subject, id)),
  }
}

describe('outbox', () => {
  it('keeps events in the order of their commits until they are delivered', async () => {
    const { outbox, put } = setUp()
    for (const id of ['b', 'a', 'c']) await put('s', id)
    expect(outbox.pending(10).map((entry) => entry.event.id)).toEqual(['b', 'a', 'c'])
    expect(outbox.pending(2)).toHaveLength(2)
    await outbox.markDelivered(['b', 'c'])
    expect(outbox.pending(10)).toMatchObject([{ event: eventOf('s', 'a'), attempts: 0 }])
  })

  it('ignores a second event of the same id, before and after delivery', async () => {
    const { outbox, put } = setUp()
    await put('s', 'a')
    await put('s', 'a')
    expect(outbox.pending(10)).toHaveLength(1)
    await outbox.markDelivered(['a'])
    await put('s', 'a')
    expect(outbox.pending(10)).toHaveLength(0)
  })

  it('forgets delivered events after a week, and never waiting or dead ones', async () => {
    const { clock, outbox, put, table } = setUp()
    for (const id of ['waiting', 'old', 'new']) await put('s', id)
    await outbox.markDelivered(['old'])
    await clock.advance(8 * 24 * 3_600_000)
    await outbox.markDelivered(['new'])
    for (const id of ['waiting', 'old', 'new']) await table.put(draft('s', id), 'any', eventOf('s', id))
    expect(outbox.pending(10).map((entry) => entry.event.id)).toEqual(['waiting', 'old'])
  })

  it('doubles the wait after every failure up to five minutes, between half of it and all of it', async () => {
    const { clock, outbox, put } = setUp()
    await put('s', 'a')
    const waits: number[] = []
    for (let attempt = 1; attempt < 12; attempt++)
      waits.push(Number(await outbox.markFailed('a', new Error('no'))) - clock.now().getTime())
    expect(waits).toEqual([375, 750, 1500, 3000, 6000, 12_000, 24_000, 48_000, 96_000, 192_000, 225_000])
    for (const [random, wait] of [
      [0, 250],
      [0.999_999, 500],
    ] as const) {
      const database = openDatabase(':memory:')
      const jittered = createOutbox(database, clock, { random: () => random })
      await createTable(database, 'control', clock).put(draft('s', 'a'), 'any', eventOf('s', 'a'))
      expect(Number(await jittered.markFailed('a', new Error('no'))) - clock.now().getTime()).toBe(wait)
    }
  })

  it('makes an event a dead letter after twelve failures, with the last reason, and delivers it again on request', async () => {
    const { outbox, put } = setUp()
    await put('s', 'a')
    for (let attempt = 1; attempt < 12; attempt++) await outbox.markFailed('a', new Error('early'))
    expect(outbox.deadLetters()).toEqual([])
    expect(await outbox.markFailed('a', new TypeError('the last straw'))).toBeUndefined()
    expect(outbox.pending(10)).toEqual([])
    const died = {
      event: eventOf('s', 'a'),
      attempts: 12,
      reason: 'TypeError: the last straw',
      diedAt: '2026-01-01T00:00:00.000Z',
    }
    expect(outbox.deadLetters()).toEqual([died])
    await outbox.redrive(['a', 'unknown'])
    expect(outbox.deadLetters()).toEqual([])
    expect(outbox.pending(10)).toMatchObject([{ event: eventOf('s', 'a'), attempts: 0 }])
  })

  it('ignores marks on events that are settled', async () => {
    const { outbox, put } = setUp()
    await put('s', 'a')
    await outbox.markDelivered(['a'])
    expect(await outbox.markFailed('a', new Error('late'))).toBeUndefined()
    expect(outbox.deadLetters()).toEqual([])
    expect(outbox.pending(10)).toEqual([])
  })

  it('keeps events, attempts and dead letters over a restart', async () => {
    const path = join(tempDir(), 'control.db')
    const before = setUp(openDatabase(path))
    for (const id of ['a', 'b']) await before.put('s', id)
    await before.outbox.markFailed('a', new Error('no'))
    for (let attempt = 1; attempt <= 12; attempt++) await before.outbox.markFailed('b', 'plain text')
    const { outbox } = setUp(openDatabase(path))
    expect(outbox.pending(10)).toMatchObject([{ event: { id: 'a' }, attempts: 1 }])
    expect(outbox.deadLetters()).toMatchObject([{ event: { id: 'b' }, reason: 'plain text' }])
  })
})
