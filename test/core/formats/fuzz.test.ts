import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byteSourceOf, type Source } from '../../../core/formats/byte-source.ts'
import { checkRow } from '../../../core/formats/check-row.ts'
import { convert } from '../../../core/formats/convert.ts'
import { foreignLayouts } from '../../../core/formats/layouts/layouts.ts'
import { readRows } from '../../../core/formats/read-rows.ts'
import { isFault } from '../../../core/platform/fault.ts'
import { chunked } from '../support/streams.ts'

/** Whether it was read; fails the test for any error but a fault with a place and a remedy. */
async function survives(source: Source): Promise<boolean> {
  try {
    for await (const rows of readRows(source)) for (const { row } of rows) JSON.stringify(row)
    return true
  } catch (error) {
    if (!isFault(error)) throw error
    expect(['invalid', 'too_large']).toContain(error.code)
    expect(error.errors.length).toBeLessThanOrEqual(100)
    for (const each of error.errors) expect(each.remedy).not.toBe('')
    return false
  }
}
const both = async (bytes: Uint8Array) => {
  const streamed = await survives(() => chunked(bytes, [5, 30]))
  expect(await survives(byteSourceOf(bytes))).toBe(streamed)
  return streamed
}

const rows = [
  { id: '1', prompt: [{ role: 'user', content: 'q "1"' }], completion: 'a\n' },
  { id: '2', meta: { a: 1, b: null }, prompt: [{ role: 'user', content: 'ü' }], completion: 'b, c' },
]
const jsonl = rows.map((row) => JSON.stringify(row)).join('\n')
const as = async (container: 'csv' | 'json' | 'parquet') =>
  Buffer.concat(await Array.fromAsync(convert(byteSourceOf(Buffer.from(jsonl)), { to: 'canonical', container })))
const files: [string, () => Promise<Uint8Array> | Uint8Array][] = [
  ['jsonl', () => Buffer.from(jsonl)],
  ['json', () => as('json')],
  ['csv', () => as('csv')],
  ['parquet', () => as('parquet')],
  ['gzip', () => gzipSync(jsonl)],
  ['zstd', () => zstdCompressSync(jsonl)],
]

describe.each(files)('%s', (_, make) => {
  it('cut at every byte is read or refused with a fault', async () => {
    const bytes = await make()
    expect(await both(bytes)).toBe(true)
    for (let end = 0; end < bytes.length; end++) await survives(byteSourceOf(bytes.subarray(0, end)))
  })

  it('with bytes changed, removed or put in is read or refused with a fault', async () => {
    const bytes = await make()
    const edit = fc.record({ at: fc.nat(bytes.length - 1), remove: fc.nat(3), put: fc.uint8Array({ maxLength: 3 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
        let changed = Buffer.from(bytes)
        for (const { at, remove, put } of edits)
          changed = Buffer.concat([changed.subarray(0, at), put, changed.subarray(at + remove)])
        await both(changed)
      }),
      { numRuns: 400, seed: 21, interruptAfterTimeLimit: 20_000 },
    )
  })
})

it('any bytes are read or refused with a fault', async () => {
  const starts = ['', '[', '{', 'PAR1', '\x1f\x8b\x08\x00', '(\xb5/\xfd', 'prompt,completion\n', '\ufeff', '{"prompt":']
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }), async (start, rest) => {
      await both(Buffer.concat([Buffer.from(start, 'latin1'), rest]))
    }),
    { numRuns: 1500, seed: 22 },
  )
})

it('any JSON is read by every layout, or refused with problems', () => {
  const field = fc.constantFrom(
    ...['prompt', 'completion', 'chosen', 'rejected', 'messages', 'conversations', 'text', 'question', 'answer'],
    ...['instruction', 'output', 'system', 'history', 'reward_model', 'extra_info', 'tools', 'meta', 'label', 'id'],
  )
  const inner = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.array(fc.record({ role: fc.jsonValue({ maxDepth: 0 }), content: fc.jsonValue({ maxDepth: 1 }) })),
    fc.array(fc.record({ from: fc.constantFrom('human', 'function_call', 3), value: fc.jsonValue({ maxDepth: 0 }) })),
  )
  fc.assert(
    fc.property(fc.dictionary(field, inner), (value) => {
      for (const layout of Object.values(foreignLayouts)) {
        layout.seen(value)
        const read = layout.read(value)
        const row = Array.isArray(read) ? read : checkRow(read, layout.format)
        if (Array.isArray(row)) expect(row.length).toBeGreaterThan(0)
      }
    }),
    { numRuns: 2000, seed: 23 },
  )
})
