import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byteSourceOf, type Source } from '../../../core/formats/byte-source.ts'
import { convert } from '../../../core/formats/convert.ts'
import { type ReadOptions, readRows } from '../../../core/formats/read-rows.ts'
import type { Container } from '../../../core/formats/sniff-container.ts'
import { toLines } from '../../../core/formats/to-lines.ts'
import { Fault, isFault } from '../../../core/platform/fault.ts'
import { rejection } from '../support/caught.ts'
import { chunked } from '../support/streams.ts'
import { rowsOf } from './samples.ts'

const encoder = new TextEncoder()
const streamed =
  (content: string | Uint8Array, cuts: number[] = []): Source =>
  () =>
    chunked(typeof content === 'string' ? encoder.encode(content) : content, cuts)
const read = async (source: Source, options: ReadOptions = {}) => {
  const numbered = (await Array.fromAsync(readRows(source, options))).flat()
  return numbered.map(({ row }) => row)
}
const refusal = async (source: Source, options?: ReadOptions) => (await rejection(read(source, options))) as Fault
const bytesOf = async (stream: AsyncIterable<Uint8Array>) => Buffer.concat(await Array.fromAsync(stream))
const jsonl = (rows: unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
const row = (n: number) => ({ prompt: `p${n}`, completion: `c${n}` })

describe('round trips', () => {
  const containers: Container[] = ['jsonl', 'json', 'csv', 'parquet']
  it.each(containers)('%s gives back every row that it takes, packed or not', async (container) => {
    let whole = 0
    await fc.assert(
      fc.asyncProperty(
        rowsOf(6),
        fc.constantFrom(undefined, 'gzip' as const, 'zstd' as const),
        fc.array(fc.nat(400), { maxLength: 3 }),
        async ({ format, rows }, compression, cuts) => {
          const stream = convert(streamed(jsonl(rows)), { format, to: 'canonical', container, compression })
          const bytes = await bytesOf(stream).catch((error: unknown) => {
            // Only CSV has cells that it cannot hold, and it says so.
            expect(isFault(error, 'invalid') && error.errors[0]?.code).toBe('not_expressible')
            expect(container).toBe('csv')
          })
          if (!bytes) return
          whole += 1
          expect(await read(streamed(bytes, cuts), { format, layout: 'canonical' })).toEqual(rows)
          expect(await read(byteSourceOf(bytes), { format, layout: 'canonical' })).toEqual(rows)
        },
      ),
      { numRuns: 120, seed: 11 },
    )
    expect(whole).toBeGreaterThan(30)
  })

  it('Parquet keeps null where an object has it', async () => {
    const answer = { meta: { level: null, split: 'a' }, prompt: [{ role: 'user', content: 'q' }], answer: '1' }
    const rows = [{ ...answer, meta: { level: 'x', split: 'b' } }, answer]
    const bytes = await bytesOf(convert(streamed(jsonl(rows)), { to: 'verl', container: 'parquet' }))
    expect(await read(byteSourceOf(bytes))).toEqual(rows)
  })

  it('Parquet in several row groups keeps the order', async () => {
    const rows = Array.from({ length: 25_000 }, (_, i) => ({ ...row(i), ...(i === 24_999 && { id: 'last' }) }))
    const bytes = await bytesOf(convert(streamed(jsonl(rows)), { to: 'canonical', container: 'parquet' }))
    const back = await read(byteSourceOf(bytes))
    expect(back).toHaveLength(25_000)
    expect(back[12_345]).toEqual(row(12_345))
    expect(back.at(-1)).toEqual({ id: 'last', ...row(24_999) })
  })
})

describe('a JSON array', () => {
  it('is cut like JSON.parse cuts it, wherever the pieces end', async () => {
    const value = fc.jsonValue({ maxDepth: 3 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(value, { maxLength: 8 }),
        fc.constantFrom(undefined, 1, '\t\n'),
        fc.array(fc.nat(300), { maxLength: 6 }),
        async (values, indent, cuts) => {
          const batches = await Array.fromAsync(toLines(streamed(JSON.stringify(values, null, indent), cuts)))
          const text = Buffer.concat(batches.map(({ bytes }) => bytes)).toString()
          expect(batches.flatMap(({ problems }) => problems)).toEqual([])
          expect(
            text
              .split('\n')
              .slice(0, -1)
              .map((line) => JSON.parse(line)),
          ).toEqual(JSON.parse(JSON.stringify(values)))
        },
      ),
      { numRuns: 400, seed: 3 },
    )
  })

  it.each([
    ['a cut', `[${JSON.stringify(row(1))},{"prompt":`, '/rows/2', 'the file ends inside it'],
    ['no end', `[${JSON.stringify(row(1))}`, '/rows/1', 'the file ends inside it'],
    ['a comma too many', `[${JSON.stringify(row(1))},]`, '/rows/2', 'a comma before the end'],
    ['text behind it', `[${JSON.stringify(row(1))}] x`, '/rows/2', 'more text behind the end of the array'],
    ['a brace too many', `[${JSON.stringify(row(1))}}]`, '/rows/1', 'a closing brace that nothing opened'],
  ])('with %s says where it breaks', async (_, content, pointer, what) => {
    const fault = await refusal(streamed(content))
    expect(fault.errors.at(-1)).toMatchObject({ pointer, code: 'bad_json', message: expect.stringContaining(what) })
    expect(fault.errors.at(-1)?.message).toMatch(/breaks at byte \d+/)
  })

  it('with a raw newline in a text is refused, and elsewhere it is not', async () => {
    expect(await read(streamed('[{"prompt"\n:\n"p",\n"completion":"c"}]'))).toEqual([{ prompt: 'p', completion: 'c' }])
    expect((await refusal(streamed('[{"prompt":"p\n","completion":"c"}]'))).errors).toMatchObject([
      { pointer: '/rows/1' },
    ])
  })
})

describe('a row that is too long', () => {
  async function* long(before: string, after: string): AsyncGenerator<Uint8Array> {
    yield encoder.encode(before)
    const piece = encoder.encode('x'.repeat(1024 * 1024))
    for (let i = 0; i < 200; i++) yield piece
    yield encoder.encode(after)
  }

  it.each([
    ['line', `${JSON.stringify(row(1))}\n{"prompt":"`, `"}\n{}\n${JSON.stringify(row(2))}\n`],
    ['row', `[${JSON.stringify(row(1))},{"prompt":"`, `"},{},${JSON.stringify(row(2))}]`],
  ])('is named by its %s and never held; those behind it are read', async (unit, before, after) => {
    let largest = 0
    for await (const batch of toLines(() => long(before, after))) largest = Math.max(largest, batch.bytes.length)
    expect(largest).toBeLessThan(2 * 1024 * 1024)
    const fault = await refusal(() => long(before, after))
    expect(fault.errors.map(({ pointer }) => pointer)).toEqual([
      `/${unit}s/2`,
      `/${unit}s/3/prompt`,
      `/${unit}s/3/completion`,
    ])
    expect(fault.message).toMatch(/^2 of 4 rows are bad/)
  })
})

describe('CSV', () => {
  it.each([
    ['commas', 'prompt,completion\np,c\n'],
    ['semicolons', 'prompt;completion\np;c\n'],
    ['tabs', 'prompt\tcompletion\np\tc\n'],
    ['CRLF, quotes and a byte order mark', '\ufeff"prompt","completion"\r\n"p","c"\r\n'],
  ])('with %s is seen by its header', async (_, content) => {
    expect(await read(streamed(content, [3, 9]))).toEqual([{ prompt: 'p', completion: 'c' }])
  })

  it('takes JSON and dotted columns for nested fields, and only lists of messages for prompts', async () => {
    const content = [
      'data_source,prompt,reward_model.ground_truth,extra_info.index',
      'gsm8k,"[{""role"":""user"",""content"":""q""}]",72,5',
    ].join('\n')
    expect(await read(streamed(content))).toEqual([
      { task: 'gsm8k', meta: { index: '5' }, prompt: [{ role: 'user', content: 'q' }], answer: '72' },
    ])
    expect(await read(streamed('prompt,answer\n"[1, 2]",3'))).toEqual([{ prompt: '[1, 2]', answer: '3' }])
    expect(await read(streamed('prompt,completion,label\np,c,True\np,c,false'))).toMatchObject([
      { label: true },
      { label: false },
    ])
  })

  it.each([
    ['an open quote', 'prompt,completion\np,c\n"p,c\n', 'bad_csv', /^\/lines\/[34]$/],
    ['a row too short', 'prompt,completion\np,c\np\n', 'bad_csv', /^\/lines\/3$/],
    ['a column twice', 'prompt,prompt\np,c\n', 'bad_header', /^\/lines\/1$/],
    ['a key twice in a cell', 'prompt,answer,meta\np,a,"{""a"":1,""a"":2}"', 'duplicate_key', /^\/rows\/1\/meta\/a$/],
  ])('with %s is refused by line', async (_, content, code, pointer) => {
    const fault = await refusal(streamed(content))
    expect(fault.errors).toMatchObject([{ code, pointer: expect.stringMatching(pointer) }])
  })

  it('that is not UTF-8 is refused, as the library would only mark it', async () => {
    const content = Buffer.from('prompt,completion\np,c\np\xff,c\np,c\n', 'latin1')
    expect((await refusal(streamed(content))).errors).toMatchObject([{ code: 'bad_text', pointer: '/lines/3' }])
    const nul = streamed('prompt,completion\np,c\np\0,c\n')
    expect((await refusal(nul)).errors).toMatchObject([{ code: 'bad_text', pointer: '/lines/3' }])
  })

  it('however it is cut, the line that is not UTF-8 is named, and no other', async () => {
    const text = fc.array(fc.constantFrom('é', '数据', '😀', 'a'), { maxLength: 6 }).map((parts) => parts.join(''))
    await fc.assert(
      fc.asyncProperty(fc.array(text), text, text, fc.array(fc.nat(99)), async (before, left, right, cuts) => {
        const good = before.map((each) => Buffer.from(`${each},c\n`))
        const bad = Buffer.concat([Buffer.from(left), Buffer.of(0xff), Buffer.from(right), Buffer.from(',c\n')])
        const content = Buffer.concat([Buffer.from('prompt,completion\n'), ...good, bad, Buffer.from('p,c\n')])
        const fault = await refusal(() => chunked(content, cuts))
        expect(fault.errors).toMatchObject([{ code: 'bad_text', pointer: `/lines/${before.length + 2}` }])
      }),
    )
  })
})

it('what a file is, is told by its bytes, with the reason', async () => {
  const seen: unknown[] = []
  const onOpened = (opened: unknown) => void seen.push(opened)
  await read(streamed(gzipSync('prompt,completion\np,c')), { onOpened })
  await read(streamed('[{"prompt":"p","answer":"a"}]'), { onOpened })
  expect(seen).toEqual([
    { container: 'csv', compression: 'gzip', why: 'its first line names the columns prompt, completion' },
    { container: 'json', compression: undefined, why: 'it begins with [' },
  ])
})

it('a file that is packed twice is refused', async () => {
  expect((await refusal(streamed(gzipSync(gzipSync('{}'))))).errors).toMatchObject([{ code: 'compressed_twice' }])
  expect(gunzipSync(gzipSync('x')).toString()).toBe('x')
})

it('notes say what reads back otherwise', async () => {
  const notes: unknown[] = []
  const source = streamed(jsonl([row(1), row(2)]))
  await bytesOf(convert(source, { to: 'messages', container: 'csv', onNotes: (found) => void notes.push([...found]) }))
  expect(notes).toEqual([[['sft rows come back as messages rows', 2]]])
})

it('a row that its layout cannot say refuses the whole conversion', async () => {
  const source = streamed(
    jsonl([
      { prompt: 'p', answer: '1' },
      { prompt: 'p', answer: '#### 1' },
    ]),
  )
  const fault = (await rejection(bytesOf(convert(source, { to: 'gsm8k', container: 'jsonl' })))) as Fault
  expect(fault).toBeInstanceOf(Fault)
  expect(fault.errors).toMatchObject([{ pointer: '/lines/2', code: 'not_expressible' }])
})
