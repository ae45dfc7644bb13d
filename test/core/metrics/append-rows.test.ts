import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { appendRows, type LogLine } from '../../../core/metrics/append-rows.ts'
import { getCursor, listNames } from '../../../core/metrics/metric-store.ts'
import { getSourceHead } from '../../../core/metrics/source-head.ts'
import { dyingPlatform } from '../../faults/dying-platform.ts'
import { Crash } from '../support/crashing.ts'
import { createTestPlatform } from '../support/test-platform.ts'
import { rowsOf, watched } from './ingested.ts'

const source = { job: `run-${'0'.repeat(32)}`, stage: 0, attempt: 1 }
const time = Date.UTC(2026, 0, 1)
const row = (step: number, data: Record<string, number> = { loss: step }): LogLine => ({
  step,
  time: time + step,
  data,
})

describe('rows that come by HTTP', () => {
  it('are stored behind all that is there, under canonical names, and watched', async () => {
    const platform = createTestPlatform()
    const watcher = watched()
    const options = { open: watcher.open }
    await appendRows(platform, source, [row(1), { step: 2, time: Number.NaN, data: { kl: Number.NaN } }], options)
    const cursor = await appendRows(platform, source, [row(2, { loss: -0, x: Infinity })], options)
    expect(cursor).toMatchObject({
      next_segment: 2,
      rows: 3,
      points: 4,
      contiguous: true,
      last_time: time + 2,
      names: 3,
    })
    expect(cursor.latest).toEqual({ total_loss: -0, kl_ref: 'NaN', x: 'Infinity' })
    expect(await getCursor(platform.metrics, source)).toEqual(cursor)
    const rows = await rowsOf(platform.metrics, source.job)
    expect(rows).toEqual([
      { step: 1, time: time + 1, data: { total_loss: 1 } },
      { step: 2, time: Number.NaN, data: { kl_ref: Number.NaN } },
      { step: 2, time: time + 2, data: { total_loss: -0, x: Infinity } },
    ])
    expect(watcher.rows).toEqual(rows)
    expect(await getSourceHead(platform.metrics, source)).toMatchObject({ algorithm: 'unknown' })
  })

  it('of callers at the same time are all stored, each caller’s in its order, with one dictionary', async () => {
    const calls = fc.array(fc.array(fc.constantFrom('loss', 'kl', 'a', 'b', 'reward'), { maxLength: 3 }), {
      minLength: 2,
      maxLength: 4,
    })
    await fc.assert(
      fc.asyncProperty(calls, async (callers) => {
        const platform = createTestPlatform()
        const rows = callers.map((names, caller) => names.map((name, i) => row(i, { [name]: 100 * caller + i })))
        await Promise.all(rows.map((own) => appendRows(platform, source, own)))
        const stored = await rowsOf(platform.metrics, source.job)
        const native = new Map((await listNames(platform.metrics, source)).map((each) => [each.name, each.native]))
        rows.forEach((own, caller) => {
          const mine = stored.filter(({ data }) => Math.floor((Object.values(data)[0] as number) / 100) === caller)
          const named = mine.map(({ data }) =>
            Object.fromEntries(Object.entries(data).map(([k, v]) => [native.get(k), v])),
          )
          expect(named).toEqual(own.map(({ data }) => data))
        })
        expect(stored).toHaveLength(rows.flat().length)
        expect(await getCursor(platform.metrics, source)).toMatchObject({ rows: stored.length })
      }),
      { numRuns: 40 },
    )
  })

  it('in great number fill several segments', async () => {
    const platform = createTestPlatform()
    const rows = Array.from({ length: 4100 }, (_, i) => row(i))
    expect(await appendRows(platform, source, rows)).toMatchObject({ next_segment: 3, rows: 4100 })
    expect(await rowsOf(platform.metrics, source.job)).toHaveLength(4100)
    expect(await appendRows(platform, source, [])).toMatchObject({ next_segment: 3, rows: 4100 })
  })

  it('survive a caller that dies at any effect: the next one finds names that nobody uses yet', async () => {
    for (let at = 1; ; at++) {
      for (const effect of ['lost', 'done'] as const) {
        const platform = createTestPlatform()
        const dying = dyingPlatform(platform, { at, effect })
        const result = await appendRows(dying.platform, source, [row(1, { a: 1 })]).catch((error: unknown) => error)
        if (!dying.died()) return
        expect(result).toBeInstanceOf(Crash)
        const before = await rowsOf(platform.metrics, source.job)
        await appendRows(platform, source, [row(2, { b: 2 })])
        const after = await rowsOf(platform.metrics, source.job)
        expect(after).toEqual([...before, { step: 2, time: time + 2, data: { b: 2 } }])
      }
    }
  })

  it('take the names of a caller that died behind its names', async () => {
    const platform = createTestPlatform()
    let isFirst = true
    const metrics: typeof platform.metrics = {
      ...platform.metrics,
      async put(draft, guard) {
        const others = { ...draft, data: { names: [['other'], ['another']] } }
        if (draft.sk.startsWith('D#') && isFirst) await platform.metrics.put(others, guard)
        isFirst &&= !draft.sk.startsWith('D#')
        return platform.metrics.put(draft, guard)
      },
    }
    await appendRows({ metrics }, source, [row(1, { mine: 1 })])
    expect(await rowsOf(platform.metrics, source.job)).toMatchObject([{ data: { mine: 1 } }])
    expect((await listNames(platform.metrics, source)).map(({ name }) => name)).toEqual(['other', 'another', 'mine'])
  })

  it('with steps that are none are refused, all of them named', async () => {
    const platform = createTestPlatform()
    await expect(appendRows(platform, source, [row(1), row(-1), row(0.5)])).rejects.toMatchObject({
      code: 'invalid',
      errors: [{ pointer: '/1/step' }, { pointer: '/2/step' }],
    })
  })
})
