import { afterEach, describe, expect, it } from 'vitest'
import { createThreadPool, type ThreadPool } from '../../adapters/system/thread-pool.ts'

const entry = new URL('./thread-pool-thread.ts', import.meta.url)
const pools: ThreadPool[] = []
const pool = (size = 2, idleMs = 60_000) => {
  const made = createThreadPool({ entry, size, idleMs })
  pools.push(made)
  return made
}
afterEach(async () => {
  for (const each of pools.splice(0)) await each.close()
})

const times = (factor: number) => ({ key: String(factor), value: factor })

describe('the thread pool', () => {
  it('runs a task with its setup, and keeps answers apart', async () => {
    const { run } = pool()
    const inputs = Array.from({ length: 40 }, (_, i) => i)
    const answers = await Promise.all(
      inputs.map((input) => run({ task: 'multiply', setup: times((input % 3) + 1), input })),
    )
    expect(answers).toEqual(inputs.map((input) => input * ((input % 3) + 1)))
  })

  it('makes a setup once in each thread, also when others come between', async () => {
    const { run } = pool(1)
    for (const factor of [1, 1, 2, 1, 2]) await run({ task: 'multiply', setup: times(factor), input: 1 })
    expect(await run({ task: 'setups', setup: { key: 'x', value: null }, input: null })).toBe(2)
  })

  it('makes a setup anew that was forgotten for others', async () => {
    const { run } = pool(1)
    for (const factor of [1, 2, 3, 4, 5, 1])
      expect(await run({ task: 'multiply', setup: times(factor), input: 7 })).toBe(7 * factor)
    expect(await run({ task: 'setups', setup: { key: 'x', value: null }, input: null })).toBe(6)
  })

  it('hands buffers over both ways', async () => {
    const bytes = new Uint8Array([1, 2, 3])
    const answer = (await pool().run({
      task: 'reverse',
      setup: { key: 'r', value: null },
      input: bytes,
      transfer: [bytes.buffer],
    })) as { bytes: Uint8Array }
    expect([...answer.bytes]).toEqual([3, 2, 1])
    expect(bytes.length).toBe(0)
  })

  it('throws a fault as the fault it was, and any other error with its message', async () => {
    const { run } = pool()
    await expect(run({ task: 'refuse', setup: { key: 'f', value: 'fault' }, input: null })).rejects.toMatchObject({
      code: 'invalid',
      message: 'no',
      errors: [{ pointer: '/a', code: 'bad', message: 'bad', remedy: 'mend' }],
    })
    await expect(run({ task: 'refuse', setup: { key: 'e', value: 'error' }, input: null })).rejects.toThrow('broken')
  })

  it('says so when a setup cannot be made or a task does not exist', async () => {
    const { run } = pool()
    await expect(run({ task: 'multiply', setup: { key: 'bad', value: 'x' }, input: 1 })).rejects.toThrow('not a number')
    await expect(run({ task: 'nothing', setup: { key: 'n', value: 1 }, input: 1 })).rejects.toThrow('no task "nothing"')
  })

  it('loses one request with a thread that dies, and goes on', async () => {
    const { run } = pool(1)
    const dying = run({ task: 'die', setup: { key: 'd', value: null }, input: null })
    const next = run({ task: 'multiply', setup: times(2), input: 4 })
    await expect(dying).rejects.toMatchObject({ code: 'busy', message: expect.stringContaining('during die') })
    expect(await next).toBe(8)
  })

  it('ends a thread that has nothing to do, and starts another when something comes', async () => {
    const { run } = pool(1, 1)
    const setups = () => run({ task: 'setups', setup: { key: 'x', value: null }, input: null })
    await run({ task: 'multiply', setup: times(2), input: 1 })
    while ((await setups()) !== 0) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await run({ task: 'multiply', setup: times(2), input: 3 })).toBe(6)
  })

  it('refuses what comes after it was closed', async () => {
    const closed = pool()
    await closed.close()
    await expect(closed.run({ task: 'multiply', setup: times(1), input: 1 })).rejects.toMatchObject({ code: 'busy' })
  })
})
