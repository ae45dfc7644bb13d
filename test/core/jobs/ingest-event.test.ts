import { beforeEach, describe, expect, it } from 'vitest'
import { getCursor } from '../../../core/metrics/metric-store.ts'
import type { Platform } from '../../../core/platform/ports.ts'
import { ingestMetrics } from '../../../functions/events/ingest-metrics.ts'
import { createTestPlatform, type TestPlatform } from '../support/test-platform.ts'

const job = 'job-00000000000000000001'
const key = (segment: number) => `jobs/${job}/stages/0-sft/attempts/1/metrics/${String(segment).padStart(8, '0')}.jsonl`
const stepsPerSegment = 30
const metricNames = Array.from({ length: 20 }, (_, i) => `metric/${i}`)

let platform: TestPlatform
beforeEach(() => {
  platform = createTestPlatform()
})

async function ship(segment: number, steps = stepsPerSegment): Promise<void> {
  const line = (i: number) => {
    const step = segment * stepsPerSegment + i + 1
    const data = Object.fromEntries(metricNames.map((name, at) => [name, Math.fround(Math.sin(step * (at + 1)))]))
    return `${JSON.stringify({ step, ts: '2026-01-01T00:00:00.000Z', data })}\n`
  }
  await platform.blobs.put(key(segment), Array.from({ length: steps }, (_, i) => line(i)).join(''), 'absent')
}

const cursor = () => getCursor(platform.metrics, { job, stage: 0, attempt: 1 })

/** What one call asks of S3 and DynamoDB. */
function counting(from: Platform) {
  const counts: Record<string, number> = {}
  const counted = <Port extends object>(port: Port, name: string): Port =>
    new Proxy(port, {
      get(target, method) {
        const member = Reflect.get(target, method)
        if (typeof member !== 'function') return member
        return (...given: unknown[]) => {
          const call = `${name}.${String(method)}`
          counts[call] = (counts[call] ?? 0) + 1
          return member.apply(target, given)
        }
      },
    })
  const { table, metrics, blobs, clock } = from
  return {
    counts,
    platform: {
      clock,
      table: counted(table, 'table'),
      blobs: counted(blobs, 'blobs'),
      metrics: counted(metrics, 'metrics'),
    },
  }
}

describe('the event of a segment', () => {
  it('costs one GET, one read and one write when it is the next one, for a whole run', async () => {
    const segments = 334
    const { counts, platform: asked } = counting(platform)
    for (let segment = 0; segment < segments; segment++) {
      await ship(segment)
      await ingestMetrics(asked, key(segment))
    }
    // The head of the attempt and its names are written once; the head is read once.
    expect(counts).toEqual({
      'blobs.read': segments,
      'metrics.query': segments,
      'metrics.get': 1,
      'metrics.put': segments + 2,
    })
    expect(await cursor()).toMatchObject({ next_segment: segments, contiguous: true, points: segments * 600 })
  })

  it('that was read already costs one read', async () => {
    await ship(0)
    const { counts, platform: asked } = counting(platform)
    await ingestMetrics(asked, key(0))
    for (const call of Object.keys(counts)) delete counts[call]
    await ingestMetrics(asked, key(0))
    expect(counts).toEqual({ 'metrics.query': 1 })
  })

  it('that overtook others reads them too, in order, and their own events find nothing left', async () => {
    for (const segment of [0, 1, 2, 3]) await ship(segment)
    await ingestMetrics(platform, key(2))
    expect(await cursor()).toMatchObject({ next_segment: 3, last_step: 90, contiguous: true })
    for (const late of [1, 0, 2]) await ingestMetrics(platform, key(late))
    expect(await cursor()).toMatchObject({ next_segment: 3 })
    await ingestMetrics(platform, key(3))
    expect(await cursor()).toMatchObject({ next_segment: 4 })
  })

  it('twice at once counts once', async () => {
    await ship(0)
    await Promise.all([ingestMetrics(platform, key(0)), ingestMetrics(platform, key(0))])
    expect(await cursor()).toMatchObject({ next_segment: 1, points: 600 })
  })
})

it.each([
  `jobs/${job}/stages/0-sft/attempts/1/metrics/1.jsonl`,
  `jobs/${job}/stages/0-ppo/attempts/1/metrics/00000001.jsonl`,
  `jobs/${job}/stages/0-sft/attempts/0/metrics/00000001.jsonl`,
  `jobs/${job}/stages/0-sft/attempts/1/logs/00000001.jsonl`,
  `jobs/${job}/stages/0-sft/attempts/1/metrics/00000001.jsonl.tmp`,
  'jobs/other/metrics/00000001.jsonl',
])('%s is refused: it is not the key of a segment', async (other) => {
  await expect(ingestMetrics(platform, other)).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringContaining(other),
  })
})
