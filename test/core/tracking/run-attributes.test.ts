import { beforeEach, describe, expect, it } from 'vitest'
import type { Table } from '../../../core/platform/ports.ts'
import { createRun, setRunStage, updateRun } from '../../../core/tracking/change-run.ts'
import { addAttributes, removeTag } from '../../../core/tracking/run-attributes.ts'
import { getRun, runKey } from '../../../core/tracking/run-store.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

let platform: TestPlatform
let run: string
beforeEach(async () => {
  platform = createTestPlatform()
  run = (await createRun(platform, { experiment_id: '0', user_id: 'ann', run_name: 'first', tags: [] })).id
})

const add = (params: Record<string, string>, tags: Record<string, string> = {}) =>
  addAttributes(platform.table, run, { params, tags })
const numbered = (count: number, length: number, prefix = 'p') =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${i}`, String(i).padEnd(length, 'x')]))

describe('parameters', () => {
  it('are written once: the same value again is fine, another is refused by name and nothing is stored', async () => {
    await add({ lr: '1', wd: '2' })
    await add({ lr: '1' })
    await expect(add({ lr: '3', wd: '4', fresh: '5' })).rejects.toMatchObject({
      code: 'invalid',
      errors: [
        { pointer: '/params/lr', message: 'parameter "lr" is "1" already and cannot become "3"' },
        { pointer: '/params/wd' },
      ],
    })
    expect((await getRun(platform.table, run)).params).toEqual({ lr: '1', wd: '2' })
  })

  it('that do not fit into the run item are kept in shards, and stay immutable there', async () => {
    const all = numbered(300, 5000)
    for (let i = 0; i < 300; i += 100) await add(Object.fromEntries(Object.entries(all).slice(i, i + 100)))
    const stored = await getRun(platform.table, run)
    expect(stored.params).toEqual(all)
    expect(stored.sharded).toBe(true)
    const size = JSON.stringify((await platform.table.get(runKey(run)))?.data).length
    expect(size).toBeLessThan(200 * 1024)
    await expect(add({ p299: 'other' })).rejects.toMatchObject({ code: 'invalid' })
    await add({ p299: all.p299 as string, p0: all.p0 as string })
    expect((await getRun(platform.table, run)).params).toEqual(all)
  })

  it('of names that objects have already are kept as any other', async () => {
    const odd = JSON.parse('{"__proto__": "a", "constructor": "b", "toString": "c"}')
    await add(odd, odd)
    const stored = await getRun(platform.table, run)
    expect(Object.entries(stored.params)).toEqual(expect.arrayContaining(Object.entries(odd)))
    await expect(add({ constructor: 'x' })).rejects.toMatchObject({ code: 'invalid' })
  })
})

describe('writers at the same time', () => {
  it('lose nothing', async () => {
    await Promise.all(Array.from({ length: 12 }, (_, i) => add(numbered(20, 10, `w${i}-`), { [`t${i}`]: String(i) })))
    const { params, tags } = await getRun(platform.table, run)
    expect(Object.keys(params)).toHaveLength(240)
    expect(tags).toMatchObject({ t0: '0', t11: '11' })
  })

  it('lose nothing while the run item fills up', async () => {
    await add(numbered(25, 5000))
    await Promise.all(Array.from({ length: 8 }, (_, i) => add(numbered(4, 3000, `w${i}-`))))
    const { params, sharded } = await getRun(platform.table, run)
    expect(sharded).toBe(true)
    expect(Object.keys(params)).toHaveLength(57)
  })

  it('of one parameter agree: one wins, all others with another value are refused', async () => {
    await add(numbered(24, 5000))
    const results = await Promise.allSettled(Array.from({ length: 8 }, (_, i) => add({ lr: `${i}`.padEnd(5999, ' ') })))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const winner = results.findIndex(({ status }) => status === 'fulfilled')
    expect((await getRun(platform.table, run)).params.lr?.trim()).toBe(String(winner))
  })

  it('meet where one saw room and the other has taken it', async () => {
    await add(numbered(25, 5000))
    let others = [() => add(numbered(3, 5900, 'q')), () => add({ lr: '1'.repeat(5000) })]
    // Between this writer's reading and writing, the item fills up and the parameter is written elsewhere.
    const late: Table = {
      ...platform.table,
      get: (key) => platform.table.get(key),
      query: (query) => platform.table.query(query),
      async put(draft, guard, event) {
        const now = others
        others = []
        for (const other of now) await other()
        return platform.table.put(draft, guard, event)
      },
    }
    const mine = addAttributes(late, run, { params: { lr: '2' }, tags: {} })
    await expect(mine).rejects.toMatchObject({ code: 'invalid' })
    expect((await getRun(platform.table, run)).params.lr).toBe('1'.repeat(5000))
  })
})

describe('tags', () => {
  it('can be replaced and removed, in shards too', async () => {
    await add(numbered(30, 5000), { a: '1' })
    await add({}, { late: 'x'.repeat(7000) })
    await add({}, { a: '2', late: 'y' })
    expect((await getRun(platform.table, run)).tags).toMatchObject({ a: '2', late: 'y' })
    await removeTag(platform.table, run, 'late')
    await removeTag(platform.table, run, 'a')
    expect((await getRun(platform.table, run)).tags).toEqual({ 'mlflow.runName': 'first' })
    await expect(removeTag(platform.table, run, 'a')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('name the run, and the name is a tag', async () => {
    await add({}, { 'mlflow.runName': 'second' })
    expect((await getRun(platform.table, run)).name).toBe('second')
    const renamed = await updateRun(platform.table, run, { run_name: 'third' })
    expect([renamed.name, renamed.tags['mlflow.runName']]).toEqual(['third', 'third'])
  })
})

it('a deleted run takes nothing, and loses nothing', async () => {
  await add({ lr: '1' })
  await setRunStage(platform.table, run, 'deleted')
  await expect(add({ wd: '1' })).rejects.toMatchObject({ code: 'illegal_transition' })
  await expect(removeTag(platform.table, run, 'mlflow.runName')).rejects.toMatchObject({ code: 'illegal_transition' })
  await expect(updateRun(platform.table, run, { status: 'FAILED' })).rejects.toMatchObject({
    code: 'illegal_transition',
  })
  await setRunStage(platform.table, run, 'active')
  await add({ wd: '1' })
  expect((await getRun(platform.table, run)).params).toEqual({ lr: '1', wd: '1' })
})
