import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { parquetReadObjects } from 'hyparquet'
import { describe, expect, it } from 'vitest'
import { exportMetrics } from '../../../core/metrics/export-metrics.ts'
import { createParquetExport } from '../../../core/metrics/export-parquet.ts'
import { compareSeries } from '../../../core/metrics/query-compare.ts'
import { inNameOrder } from '../../../core/metrics/query-names.ts'
import type { SeriesReader } from '../../../core/metrics/series-reader.ts'
import type { MetricsExportRequest } from '../../../schemas/metrics.ts'
import { createTestPlatform } from '../support/test-platform.ts'
import { job, type LoggedAttempt, line, log, loggedAttempts, readerOf, timeOf } from './logged.ts'
import { naiveNames, naiveStage, wire } from './naive-series.ts'

async function exported(reader: SeriesReader, request: MetricsExportRequest) {
  const counts: number[] = []
  const pieces = await Array.fromAsync(exportMetrics(reader, job, request, (rows) => counts.push(rows)))
  return { bytes: Buffer.concat(pieces), rows: counts.at(-1), pieces: pieces.length }
}

const csvOf = async (reader: SeriesReader, request = {}) =>
  (await exported(reader, { format: 'csv', ...request })).bytes.toString()

const parquetOf = async (reader: SeriesReader) => {
  const { bytes } = await exported(reader, { format: 'parquet' })
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
  return parquetReadObjects({ file })
}

/** Every row of the winning view, with what it has. */
const expectedRows = (attempts: readonly LoggedAttempt[]) =>
  [...new Set(attempts.map(({ stage }) => stage))]
    .sort((a, b) => a - b)
    .flatMap((stage) => naiveStage(attempts, stage).map((row) => ({ stage, ...row })))

describe('an export', () => {
  it('reads back in each format as what was logged, to the last bit', async () => {
    await fc.assert(
      fc.asyncProperty(loggedAttempts, async (attempts) => {
        const platform = createTestPlatform()
        for (const attempt of attempts) await log(platform, attempt)
        const reader = readerOf(platform)
        const rows = expectedRows(attempts)
        const names = inNameOrder(naiveNames(rows))

        const csv: Record<string, string>[] = parse(await csvOf(reader), { columns: true, record_delimiter: '\r\n' })
        expect(csv).toEqual(
          rows.map(({ stage, step, time, attempt, data }) => ({
            stage: String(stage),
            step: String(step),
            time: new Date(time).toISOString(),
            attempt: String(attempt),
            ...Object.fromEntries(names.map((name) => [name, data.has(name) ? textOf(data.get(name) as number) : ''])),
          })),
        )
        const text = (await exported(reader, { format: 'jsonl' })).bytes.toString()
        expect(
          text
            .trimEnd()
            .split('\n')
            .map((each) => JSON.parse(each)),
        ).toEqual(
          rows.map(({ stage, step, time, attempt, data }) => ({
            stage,
            step,
            time: new Date(time).toISOString(),
            attempt,
            data: JSON.parse(JSON.stringify(Object.fromEntries([...data].map(([name, value]) => [name, wire(value)])))),
          })),
        )
        expect(await parquetOf(reader)).toEqual(
          rows.map(({ stage, step, time, attempt, data }) => ({
            stage,
            step: BigInt(step),
            time: new Date(time),
            attempt,
            ...Object.fromEntries(names.map((name) => [name, data.get(name) ?? null])),
          })),
        )
      }),
      { numRuns: 25 },
    )
  })

  it('of no rows is a file all the same', async () => {
    const reader = readerOf(createTestPlatform())
    expect(await csvOf(reader)).toBe('stage,step,time,attempt\r\n')
    expect(await parquetOf(reader)).toEqual([])
    expect(await exported(reader, { format: 'jsonl' })).toMatchObject({ rows: 0, pieces: 0 })
  })

  it('has one row per step with a wanted metric, in a range, and quotes what needs quotes', async () => {
    const platform = createTestPlatform()
    const rows = [
      line(1, { 'a,"b"': 1, step: 9 }),
      line(2, { other: 2 }),
      line(3, { 'a,"b"': 'NaN' }),
      line(4, { step: 1 }),
    ]
    await log(platform, { stage: 0, attempt: 1, segments: [rows] })
    const reader = readerOf(platform)
    expect(await csvOf(reader)).toBe(
      [
        'stage,step,time,attempt,"a,""b""",other,step_',
        `0,1,${timeOf(1)},1,1,,9`,
        `0,2,${timeOf(2)},1,,2,`,
        `0,3,${timeOf(3)},1,NaN,,`,
        `0,4,${timeOf(4)},1,,,1`,
        '',
      ].join('\r\n'),
    )
    expect(await csvOf(reader, { names: 'step', start_step: 2 })).toBe(
      `stage,step,time,attempt,step_\r\n0,4,${timeOf(4)},1,1\r\n`,
    )
    expect((await parquetOf(reader))[0]).toMatchObject({ step: 1n, step_: 9 })
  })

  it('as Parquet keeps the sign of zero, absent values and unknown times', async () => {
    const parquet = createParquetExport(['stage', 'step', 'time', 'attempt', 'm'])
    const columns = [{ name: 'm', values: Float64Array.of(-0, 0, 7, -0), present: Uint8Array.of(1, 1, 0, 1) }]
    const times = Float64Array.of(1, Number.NaN, 3, 4)
    const first = parquet.push({ stage: 0, attempt: 1, steps: Float64Array.of(0, 1, 2, 2 ** 53 - 1), times, columns })
    const rows = await parquetReadObjects({ file: new Uint8Array(Buffer.concat([first, parquet.end()])).buffer })
    expect(rows.map(({ m, time, step }) => [m, time && Number(time), step])).toEqual([[-0, 1, 0n], [0, null, 1n], [null, 3, 2n], [-0, 4, 2n ** 53n - 1n]]) // biome-ignore format: one row
  })

  it('of many rows comes in pieces', async () => {
    const platform = createTestPlatform()
    const rows = Array.from({ length: 40_000 }, (_, i) => line(i))
    await log(platform, { stage: 0, attempt: 1, segments: [rows] })
    const { pieces, rows: count, bytes } = await exported(readerOf(platform), { format: 'csv' })
    expect([pieces, count]).toEqual([4, 40_000])
    expect(bytes.toString().split('\r\n')).toHaveLength(40_002)
  })
})

const textOf = (value: number) => (Object.is(value, -0) ? '-0' : String(value))

describe('a comparison', () => {
  it('asks every job alike, and at most ten', async () => {
    const platform = createTestPlatform()
    await log(platform, { stage: 0, attempt: 1, segments: [[line(1), line(2)]] })
    const reader = readerOf(platform)
    const { jobs } = await compareSeries(reader, [job, 'job-none', job], { names: 'm', buckets: 2 })
    expect(jobs.map((each) => [each.job, each.series.length])).toEqual([[job, 1], ['job-none', 0], [job, 1]]) // biome-ignore format: one row
    for (const count of [0, 11])
      await expect(compareSeries(reader, Array(count).fill(job), {})).rejects.toMatchObject({ code: 'invalid' })
  })
})
