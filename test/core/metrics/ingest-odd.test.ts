import { describe, expect, it } from 'vitest'
import { ingestSegments, segmentKey } from '../../../core/metrics/ingest-segments.ts'
import { listJunk } from '../../../core/metrics/junk.ts'
import { getCursor } from '../../../core/metrics/metric-store.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'
import { rowsOf, watched } from './ingested.ts'

const source = { job: 'job-00000000000000000001', stage: 0, attempt: 1 }
const folder = 'jobs/j/stages/0-grpo/attempts/1/metrics/'
const ts = '2026-01-01T00:00:00.000Z'
const line = (step: number, data: object = { loss: step }) => ({ step, ts, data })
const text = (lines: object[]) => lines.map((each) => `${JSON.stringify(each)}\n`).join('')

const ship = (platform: TestPlatform, segment: number, lines: object[], junk = '') =>
  platform.blobs.put(segmentKey(folder, segment), text(lines) + junk, 'any')
const ingest = (platform: TestPlatform) => ingestSegments(platform, source, folder)

const wide = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`layer.${i}.norm`, i]))

describe('what is odd', () => {
  it('is counted and told to the watcher: too many metrics, backward steps, values that change their kind', async () => {
    const platform = createTestPlatform()
    await ship(platform, 0, [line(1, wide(1200)), line(2, { 'layer.1.norm': 'high' }), line(1, { 'layer.1.norm': [] })])
    await ship(platform, 1, [line(2, wide(10_000)), line(9, { late: 1 })], 'x\n')
    const watcher = watched()
    const cursor = await ingestSegments(platform, source, folder, { open: watcher.open })
    expect(cursor).toMatchObject({
      names: 1000,
      backward_steps: 1,
      type_changes: 2,
      junk_lines: 1,
      contiguous: false,
      points: 2000,
    })
    expect(cursor.refused_names.count).toBe(9000)
    expect(cursor.refused_names.examples).toEqual([1000, 1001, 1002, 1003, 1004].map((i) => `layer.${i}.norm`))
    expect(watcher.oddities.at(-1)).toEqual({
      junk_lines: 1,
      backward_steps: 1,
      type_changes: 2,
      refused_names: cursor.refused_names,
    })
    expect(await getCursor(platform.metrics, source)).toEqual(cursor)
  })

  it('is a value that changes its kind in lines of one shape too', async () => {
    const platform = createTestPlatform()
    const values = ['x', 'y', 5, 'x', {}, true, 'y']
    await ship(
      platform,
      0,
      values.map((note, i) => line(i, { note, a: 1 })),
    )
    expect(await ingest(platform)).toMatchObject({ type_changes: 3, points: 9 })
  })

  it('is kept aside within bounds', async () => {
    const platform = createTestPlatform()
    for (let segment = 0; segment < 25; segment++)
      await ship(platform, segment, [line(segment)], `${'x'.repeat(300)}\n`.repeat(9))
    await ingest(platform)
    const kept = await listJunk(platform.metrics, source)
    expect(kept).toHaveLength(100)
    expect(kept[7]).toEqual({ segment: 1, line: 4, reason: 'not JSON', text: 'x'.repeat(200) })
    expect(await getCursor(platform.metrics, source)).toMatchObject({ junk_lines: 225 })
  })
})

describe('the cursor', () => {
  it('keeps the newest value of a metric that the newest chunk does not hold, whatever its size', async () => {
    const platform = createTestPlatform()
    await ship(platform, 0, [line(1, { loss: 3, eval: 1e300, kl: 'NaN' }), line(2, { loss: 4 })])
    await ship(platform, 1, [line(2, { loss: 2 })])
    await ingest(platform)
    const { latest } = await getCursor(platform.metrics, source)
    expect(latest).toEqual({ total_loss: 2, eval: 1e300, kl_ref: 'NaN' })
  })

  it.each([
    [[1, 2, 3], true],
    [[21, 22], true],
    [[1, 1, 2, 2], true],
    [[1, 3], false],
    [[2, 1], false],
    [[], true],
  ])('sees whether steps %j are without a hole, over segments too', async (steps, contiguous) => {
    const [whole, parts] = [createTestPlatform(), createTestPlatform()]
    await ship(
      whole,
      0,
      steps.map((step) => line(step)),
    )
    for (const [i, step] of steps.entries()) await ship(parts, i, [line(step)])
    expect(await ingest(whole)).toMatchObject({ contiguous })
    expect(await ingest(parts)).toMatchObject({ contiguous })
  })
})

describe('tokens per second', () => {
  const rates = async (platform: TestPlatform) =>
    (await rowsOf(platform.metrics, source.job)).map(({ data }) => data.tokens_per_second)
  const at = (seconds: number) => new Date(Date.parse(ts) + seconds * 1000).toISOString()

  it('of TRL follow from tokens so far, over segments too', async () => {
    const platform = createTestPlatform()
    const row = (step: number, seconds: number, num_tokens?: number) => ({
      step,
      ts: at(seconds),
      data: { loss: 1, num_tokens },
    })
    await ship(platform, 0, [row(1, 0, 1000), row(1, 1)])
    // A reader of its own: what it needs of the rows before is stored.
    await ingest(platform)
    await ship(platform, 1, [row(2, 2, 5000), row(3, 4, 6000), row(4, 4, 7000), row(5, 8, 100), row(6, 9, 200)])
    await ingest(platform)
    expect(await rates(platform)).toEqual([undefined, undefined, 2000, 500, undefined, undefined, 100])
  })

  it('of verl are of the whole job, and nothing is derived where a trainer logs them', async () => {
    const platform = createTestPlatform()
    const verl = { 'perf/total_num_tokens': 5000, 'perf/time_per_step': 2, 'perf/throughput': 625 }
    await ship(platform, 0, [line(1, verl)])
    await ingest(platform)
    expect(await rowsOf(platform.metrics, source.job)).toMatchObject([
      { data: { tokens_per_second: 2500, step_time: 2, 'perf/throughput': 625 } },
    ])
    const logged = createTestPlatform()
    await ship(logged, 0, [line(1, { ...verl, throughput: 7 })])
    await ingest(logged)
    expect(await rates(logged)).toEqual([7])
  })
})
