import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, it } from 'vitest'
import { type ByteSource, byteSourceOf } from '../../../core/formats/byte-source.ts'
import { maxHeldParquetBytes } from '../../../core/formats/open-source.ts'
import { readRows } from '../../../core/formats/read-rows.ts'
import type { Fault } from '../../../core/platform/fault.ts'
import { rejection } from '../support/caught.ts'

type Columns = Parameters<typeof parquetWriteBuffer>[0]['columnData']
const file = (columnData: Columns, more: object = {}) => new Uint8Array(parquetWriteBuffer({ columnData, ...more }))
const qa: Columns = [
  { name: 'prompt', data: ['p1', 'p2'] },
  { name: 'completion', data: ['c1', 'c2'] },
]
const read = async (source: ByteSource | Uint8Array) => {
  const rows = await Array.fromAsync(readRows('size' in source ? source : byteSourceOf(source)))
  return rows.flat().map(({ row }) => row)
}
const refusal = async (bytes: ByteSource | Uint8Array) => (await rejection(read(bytes))) as Fault

describe('values', () => {
  it('INT64, dates and raw text become what JSON has; null is absence', async () => {
    const columns: Columns = [
      ...qa,
      { name: 'index', data: [5n, null], type: 'INT64' },
      { name: 'seen', data: [new Date(0), new Date(1)], type: 'TIMESTAMP' },
      { name: 'raw', data: [new TextEncoder().encode('ü'), null], type: 'BYTE_ARRAY' },
    ]
    expect(await read(file(columns))).toEqual([
      { meta: { index: 5, seen: '1970-01-01T00:00:00.000Z', raw: 'ü' }, prompt: 'p1', completion: 'c1' },
      { meta: { seen: '1970-01-01T00:00:00.001Z' }, prompt: 'p2', completion: 'c2' },
    ])
  })

  it.each<[string, Columns[number], object]>([
    [
      'an INT64 that would change',
      { name: 'x', data: [2n ** 60n, 1n], type: 'INT64' },
      { pointer: '/rows/1/x', code: 'unsupported_value' },
    ],
    [
      'NaN',
      { name: 'x', data: [1.5, Number.NaN], type: 'DOUBLE' },
      { pointer: '/rows/2/x', code: 'unsupported_value' },
    ],
    [
      'bytes',
      { name: 'x', data: [new Uint8Array([255, 254]), null], type: 'BYTE_ARRAY' },
      { pointer: '/rows/1/x', code: 'unsupported_value' },
    ],
  ])('%s is named by row and column', async (_, column, expected) => {
    expect((await refusal(file([...qa, column]))).errors[0]).toMatchObject(expected)
  })

  it('a column of a type that JSON cannot hold is named before any row is read', async () => {
    const schema = [
      { name: 'root', num_children: 2 },
      { name: 'prompt', type: 'BYTE_ARRAY' as const, converted_type: 'UTF8' as const },
      { name: 'price', type: 'INT32' as const, converted_type: 'DECIMAL' as const, scale: 2, precision: 4 },
    ]
    const columnData: Columns = [
      { name: 'prompt', data: ['p'] },
      { name: 'price', data: [1.25] },
    ]
    expect((await refusal(file(columnData, { schema }))).errors).toMatchObject([
      { pointer: '/columns/price', code: 'unsupported_column', message: expect.stringContaining('DECIMAL') },
    ])
  })
})

it('reads one row group at a time, and only the bytes that it needs', async () => {
  const count = 4000
  const columnData: Columns = [
    { name: 'prompt', data: Array.from({ length: count }, (_, i) => `${i} ${'p'.repeat(500)}`) },
    { name: 'completion', data: Array.from({ length: count }, () => 'c') },
  ]
  const bytes = file(columnData, { rowGroupSize: 1000, codec: 'UNCOMPRESSED' })
  const asked: number[] = []
  const source: ByteSource = {
    ...byteSourceOf(bytes),
    async slice(start, end) {
      asked.push(end)
      return bytes.subarray(start, end)
    },
  }
  let before = 0
  for await (const rows of readRows(source)) {
    if (before === 0) before = asked.filter((end) => end < bytes.length - 1000).reduce((a, b) => Math.max(a, b), 0)
    expect(rows.length).toBeGreaterThan(0)
  }
  // The first batch of 1 MB needs two of the four groups.
  expect(before).toBeGreaterThan(0)
  expect(before).toBeLessThan(bytes.length * 0.8)
})

it('an error of the source is not called damage', async () => {
  const bytes = file(qa)
  const source: ByteSource = {
    ...byteSourceOf(bytes),
    slice: async () => Promise.reject(new Error('the disk is gone')),
  }
  expect(await rejection(read(source))).toMatchObject({ message: 'the disk is gone' })
})

it('a streamed Parquet file is held up to a limit', async () => {
  const piece = new Uint8Array(8 * 1024 * 1024)
  let given = 0
  async function* endless() {
    yield new TextEncoder().encode('PAR1')
    for (;;) {
      given += piece.length
      yield piece
    }
  }
  const fault = (await rejection(Array.fromAsync(readRows(endless)))) as Fault
  expect(fault.errors).toMatchObject([
    { code: 'large_parquet', remedy: expect.stringContaining('sluice data convert') },
  ])
  expect(given).toBeLessThanOrEqual(maxHeldParquetBytes + piece.length)
})
