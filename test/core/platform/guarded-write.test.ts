import { describe, expect, it } from 'vitest'
import { Fault } from '../../../core/platform/fault.ts'
import { forEvery } from '../../../core/platform/for-every.ts'
import { change, putOnce } from '../../../core/platform/guarded-write.ts'
import type { Table } from '../../../core/platform/ports.ts'
import { createTestPlatform } from '../support/test-platform.ts'

const key = { pk: 'p', sk: 's' }

describe('a change', () => {
  it('loses nothing when many write at once', async () => {
    const { table } = createTestPlatform()
    const add = () => change(table, key, (item) => ({ draft: { ...key, data: { n: Number(item?.data.n ?? 0) + 1 } } }))
    await Promise.all(Array.from({ length: 10 }, add))
    expect(await table.get(key)).toMatchObject({ data: { n: 10 }, version: 10 })
  })

  it('that decides to leave the item writes nothing', async () => {
    const { table } = createTestPlatform()
    expect(await change(table, key, () => undefined)).toBeUndefined()
    await table.put({ ...key, data: {} }, 'absent')
    expect(await change(table, key, () => undefined)).toMatchObject({ version: 1 })
  })

  it('gives up as busy when somebody is always faster, and names the item', async () => {
    const { table } = createTestPlatform()
    const contended: Table = {
      ...table,
      async put() {
        throw new Fault('conflict', 'somebody was faster')
      },
    }
    await expect(change(contended, key, () => ({ draft: { ...key, data: {} } }))).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringContaining('p s'),
    })
  })

  it('passes on what is not a lost race', async () => {
    const { table } = createTestPlatform()
    const draft = { ...key, data: { text: 'x'.repeat(500_000) } }
    await expect(change(table, key, () => ({ draft }))).rejects.toMatchObject({ code: 'too_large' })
    await expect(putOnce(table, draft)).rejects.toMatchObject({ code: 'too_large' })
  })
})

it('what is written once keeps its first content, and says so', async () => {
  const { table } = createTestPlatform()
  const writes = await Promise.all([1, 2, 3].map((n) => putOnce(table, { ...key, data: { n } })))
  expect(writes.filter(({ created }) => created)).toHaveLength(1)
  expect(new Set(writes.map(({ item }) => item.data.n)).size).toBe(1)
})

it('one bad item holds up no other, and every failure is told', async () => {
  async function* items() {
    yield* [1, 2, 3, 4]
  }
  const done: number[] = []
  const work = async (n: number) => {
    if (n % 2 === 0) throw new Error(`${n} is even`)
    done.push(n)
  }
  await expect(forEvery(items(), work)).rejects.toMatchObject({
    message: '2 failed; the first: 2 is even',
    errors: [{ message: '2 is even' }, { message: '4 is even' }],
  })
  expect(done).toEqual([1, 3])
})
