import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Database, openDatabase } from '../../adapters/embedded/database.ts'
import { createOutbox } from '../../adapters/embedded/outbox.ts'
import type { DispatcherOptions } from '../../adapters/embedded/outbox-dispatcher.ts'
import { createTable } from '../../adapters/embedded/table.ts'
import type { BusinessEvent } from '../../core/platform/business-events.ts'
import { draft, eventOf } from '../contract/table-harness.ts'
import { createSeededIds } from '../support/seeded-ids.ts'
import { tempDir } from '../support/temp-dir.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

function setUp(database: Database = openDatabase(':memory:')) {
  const clock = createVirtualClock()
  const outbox = createOutbox(database, clock, { random: () => 0.5 })
  const table = createTable(database, 'control', clock)
  const start = (deliver: DispatcherOptions['deliver'], options: Partial<DispatcherOptions> = {}) => {
    const dispatcher = outbox.startDispatcher({ deliver, clock, ...options })
    onTestFinished(async () => {
      await dispatcher.stop()
      database.close()
    })
    return dispatcher
  }
  return {
    clock,
    outbox,
    start,
    put: (subject: string, id: string) => table.put(draft(subject, id), 'any', eventOf(subject, id)),
  }
}

/** Deliveries that end when the test says so. */
function heldDeliveries() {
  const held = new Map<string, () => void>()
  function end(id: string): void {
    held.get(id)?.()
    held.delete(id)
  }
  return {
    underWay: () => [...held.keys()],
    end,
    endAll: () => [...held.keys()].forEach(end),
    deliver: (event: BusinessEvent) => new Promise<void>((resolve) => held.set(event.id, resolve)),
  }
}

describe('dispatcher', () => {
  it('delivers at once after the put, while the clock stands still', async () => {
    const { put, start, outbox } = setUp()
    const delivered: string[] = []
    const dispatcher = start(async (event) => void delivered.push(event.id))
    await put('s', 'a')
    await dispatcher.drained()
    expect(delivered).toEqual(['a'])
    expect(outbox.pending(10)).toEqual([])
  })

  it('delivers a subject in order and different subjects side by side', async () => {
    const { clock, put, start } = setUp()
    const held = heldDeliveries()
    start(held.deliver)
    for (const id of ['s1', 's2', 't1']) await put(id[0] ?? '', id)
    await clock.advance(0)
    expect(held.underWay()).toEqual(['s1', 't1'])
    held.end('s1')
    await clock.advance(0)
    expect(held.underWay()).toEqual(['t1', 's2'])
    held.endAll()
  })

  it('runs at most `concurrency` deliveries at a time', async () => {
    const { clock, put, start } = setUp()
    const held = heldDeliveries()
    start(held.deliver, { concurrency: 2 })
    for (const id of ['a', 'b', 'c']) await put(id, id)
    await clock.advance(0)
    expect(held.underWay()).toEqual(['a', 'b'])
    held.end('b')
    await clock.advance(0)
    expect(held.underWay()).toEqual(['a', 'c'])
    held.endAll()
  })

  it('retries a failed event after its wait; its subject waits with it, others go on', async () => {
    const { clock, put, start, outbox } = setUp()
    const seen: string[] = []
    let broken = true
    start(async (event) => {
      seen.push(event.id)
      if (event.id === 's1' && broken) throw new Error('consumer is down')
    })
    for (const id of ['s1', 's2', 't1']) await put(id[0] ?? '', id)
    await clock.advance(374)
    expect(seen).toEqual(['s1', 't1'])
    expect(outbox.pending(10)).toMatchObject([
      { event: { id: 's1' }, attempts: 1 },
      { event: { id: 's2' }, attempts: 0 },
    ])
    broken = false
    await clock.advance(1)
    expect(seen).toEqual(['s1', 't1', 's1', 's2'])
  })

  it('gives up after the last attempt, keeps the dead letter and goes on with the subject', async () => {
    const { clock, put, start, outbox } = setUp()
    let tries = 0
    const dispatcher = start(async (event) => {
      if (event.id === 's1') throw new Error(`refused ${++tries}`)
    })
    await put('s', 's1')
    await put('s', 's2')
    await clock.advance(3_600_000)
    await dispatcher.drained()
    expect(tries).toBe(12)
    expect(outbox.deadLetters()).toMatchObject([{ event: { id: 's1' }, reason: 'Error: refused 12' }])
    expect(outbox.pending(10)).toEqual([])
    await outbox.redrive(['s1'])
    await clock.advance(0)
    expect(tries).toBe(13)
  })

  it('delivers after a restart what was not delivered before, at its time', async () => {
    const path = join(tempDir(), 'control.db')
    const before = setUp(openDatabase(path))
    const first = before.start(async (event) => {
      if (event.id !== 'fine') throw new Error('down')
    })
    for (const id of ['fine', 'late', 'more']) await before.put(id, id)
    await before.clock.advance(0)
    await first.stop()
    const after = setUp(openDatabase(path))
    const seen: string[] = []
    const dispatcher = after.start(async (event) => void seen.push(event.id))
    await after.clock.advance(374)
    expect(seen).toEqual([])
    await after.clock.advance(1)
    await dispatcher.drained()
    expect(seen.toSorted()).toEqual(['late', 'more'])
  })

  it('delivers again when the mark was lost: at least once', async () => {
    const path = join(tempDir(), 'control.db')
    const database = openDatabase(path)
    const before = setUp(database)
    const errors: unknown[] = []
    before.start(async () => database.close(), { onError: (error) => errors.push(error) })
    await before.put('s', 'a')
    await before.clock.advance(0)
    expect(errors).not.toEqual([])
    const after = setUp(openDatabase(path))
    const seen: string[] = []
    await after.start(async (event) => void seen.push(event.id)).drained()
    expect(seen).toEqual(['a'])
  })

  it('tries again a second later when the store refuses the mark', async () => {
    const { clock, put, start, outbox } = setUp()
    const seen: string[] = []
    const errors: unknown[] = []
    const real = outbox.markDelivered
    outbox.markDelivered = async () => {
      throw new Error('disk full')
    }
    start(async (event) => void seen.push(event.id), { onError: (error) => errors.push(error) })
    await put('s', 'a')
    await clock.advance(999)
    expect(errors).toHaveLength(1)
    outbox.markDelivered = real
    await clock.advance(1)
    expect(seen).toEqual(['a', 'a'])
    expect(outbox.pending(10)).toEqual([])
  })

  it('finds rows of another process by its slow poll', async () => {
    const path = join(tempDir(), 'control.db')
    const { clock, start } = setUp(openDatabase(path))
    const other = openDatabase(path)
    const seen: string[] = []
    start(async (event) => void seen.push(event.id))
    await createTable(other, 'control', clock).put(draft('s', 'a'), 'any', eventOf('s', 'a'))
    other.close()
    await clock.advance(29_999)
    expect(seen).toEqual([])
    await clock.advance(1)
    expect(seen).toEqual(['a'])
  })

  it('counts the events that deliveries cause as part of draining', async () => {
    const { put, start } = setUp()
    const seen: string[] = []
    const dispatcher = start(async (event) => {
      seen.push(event.id)
      if (event.id.length < 4) await put(`${event.subject}+`, `${event.id}+`)
    })
    await put('s', 'a')
    await dispatcher.drained()
    expect(seen).toEqual(['a', 'a+', 'a++', 'a+++'])
  })

  it('stops: waits for deliveries under way, starts no others, and rejects who waits for draining', async () => {
    const { clock, put, start, outbox } = setUp()
    const held = heldDeliveries()
    const dispatcher = start(held.deliver, { concurrency: 1 })
    await put('s', 'a')
    await put('t', 'b')
    await clock.advance(0)
    const drained = expect(dispatcher.drained()).rejects.toThrow('stopped before the outbox was empty')
    const stopped = dispatcher.stop()
    await drained
    held.end('a')
    await stopped
    expect(held.underWay()).toEqual([])
    expect(outbox.pending(10).map((entry) => entry.event.id)).toEqual(['b'])
    expect(clock.sleeping()).toBe(0)
    await expect(dispatcher.drained()).rejects.toThrow('stopped')
  })

  it('delivers every event of any mix of subjects and failures, each subject in order', async () => {
    const events = fc.array(
      fc.record({ subject: fc.constantFrom('s', 't', 'u'), failures: fc.integer({ min: 0, max: 3 }) }),
      { maxLength: 15 },
    )
    await fc.assert(
      fc.asyncProperty(events, fc.integer({ min: 1, max: 4 }), fc.integer(), async (given, concurrency, seed) => {
        const database = openDatabase(':memory:')
        const clock = createVirtualClock({ autoAdvance: true })
        const ids = createSeededIds(seed)
        const outbox = createOutbox(database, clock, { random: ids.random })
        const table = createTable(database, 'control', clock)
        const left = new Map(given.map((event, n) => [String(n), event.failures]))
        const delivered: string[] = []
        const dispatcher = outbox.startDispatcher({
          clock,
          concurrency,
          async deliver(event) {
            if (ids.random() < 0.5) await clock.sleep(100)
            const failures = left.get(event.id) ?? 0
            left.set(event.id, failures - 1)
            if (failures > 0) throw new Error('not yet')
            delivered.push(event.id)
          },
        })
        for (const [n, { subject }] of given.entries())
          await table.put(draft(subject, String(n)), 'any', eventOf(subject, String(n)))
        await dispatcher.drained()
        await dispatcher.stop()
        clock.stop()
        database.close()
        const inOrder = (name: string, order: string[]) => order.filter((id) => given[Number(id)]?.subject === name)
        for (const subject of ['s', 't', 'u'])
          expect(inOrder(subject, delivered)).toEqual(inOrder(subject, [...left.keys()]))
      }),
      { numRuns: 40 },
    )
  }, 60_000)
})
