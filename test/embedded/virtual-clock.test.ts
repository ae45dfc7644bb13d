import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tempDir } from '../support/temp-dir.ts'
import { createVirtualClock } from '../support/virtual-clock.ts'

describe('virtual clock', () => {
  it('stands still until it is advanced, and then stands where it was told', async () => {
    const clock = createVirtualClock({ start: '2026-11-20T10:00:00.000Z' })
    await clock.advance(1_500)
    expect(clock.now().toISOString()).toBe('2026-11-20T10:00:01.500Z')
  })

  it('shows every sleeper its own time, chains of sleeps and file work between them included', async () => {
    const clock = createVirtualClock()
    const start = clock.now().getTime()
    const path = join(tempDir(), 'notes')
    async function tick(): Promise<void> {
      for (let n = 1; n <= 5; n++) {
        await clock.sleep(1_000)
        await writeFile(path, `${clock.now().getTime() - start}\n`, { flag: 'a' })
      }
    }
    const ticking = tick()
    await clock.advance(3_500)
    expect(await readFile(path, 'utf8')).toBe('1000\n2000\n3000\n')
    await clock.advance(1_500)
    await ticking
    expect(clock.sleeping()).toBe(0)
  })

  it('with autoAdvance: jumps from sleeper to sleeper, and waits for file work', async () => {
    const clock = createVirtualClock({ autoAdvance: true })
    const start = clock.now().getTime()
    const order: string[] = []
    const directory = tempDir()
    async function work(): Promise<void> {
      await clock.sleep(60_000)
      for (let n = 0; n < 20; n++) await mkdir(join(directory, String(n)))
      order.push(`work at ${clock.now().getTime() - start}`)
    }
    async function deadline(): Promise<void> {
      await clock.sleep(60_001)
      order.push(`deadline at ${clock.now().getTime() - start}`)
    }
    await Promise.all([work(), deadline()])
    expect(order).toEqual(['work at 60000', 'deadline at 60001'])
  })

  it('with autoAdvance: a recurring sleeper ends when the clock is stopped', async () => {
    const clock = createVirtualClock({ autoAdvance: true })
    let ticks = 0
    async function recur(): Promise<never> {
      for (;;) {
        await clock.sleep(10_000)
        ticks += 1
      }
    }
    void recur()
    await clock.sleep(100_000)
    clock.stop()
    const counted = ticks
    expect(counted).toBeGreaterThanOrEqual(9)
    for (let n = 0; n < 50; n++) await new Promise((resolve) => setImmediate(resolve))
    expect(ticks).toBe(counted)
  })
})
