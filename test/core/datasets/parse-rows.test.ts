import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type ParsedRow, parseRows } from '../../../core/datasets/parse-rows.ts'
import type { Fault } from '../../../core/platform/fault.ts'
import type { RowFormat } from '../../../schemas/rows.ts'
import { rejection } from '../support/caught.ts'
import { chunked } from '../support/streams.ts'

const bytes = (content: string | Uint8Array) =>
  typeof content === 'string' ? new TextEncoder().encode(content) : content
const rows = (content: string | Uint8Array, format?: RowFormat, cuts: number[] = []): Promise<ParsedRow[]> =>
  Array.fromAsync(parseRows(() => chunked(bytes(content), cuts), format))
const refusal = async (content: string | Uint8Array, format?: RowFormat) =>
  (await rejection(rows(content, format))) as Fault

const row = (n: number) => `{"prompt":"p${n}","completion":"c${n}"}`
const canonical = [1, 2, 3].map(row)

describe('rows', () => {
  it.each([
    ['JSONL', `${row(1)}\n${row(2)}\n${row(3)}\n`],
    ['no last newline', `${row(1)}\n${row(2)}\n${row(3)}`],
    ['CRLF', `${row(1)}\r\n${row(2)}\r\n${row(3)}\r\n`],
    ['a byte order mark', `\uFEFF${row(1)}\n${row(2)}\n${row(3)}\n`],
    ['blank lines', `\n${row(1)}\n  \n\r\n${row(2)}\n${row(3)}\n\n`],
    ['a JSON array', `[${row(1)},${row(2)},${row(3)}]`],
    ['an indented JSON array behind a byte order mark', `\uFEFF \n[\n${row(1)},\n${row(2)},\n${row(3)}\n]\n`],
    ['keys in another order', canonical.map((_, i) => `{"completion":"c${i + 1}","prompt":"p${i + 1}"}`).join('\n')],
  ])('come out canonical from %s, however the bytes are cut', async (_, content) => {
    for (const cuts of [[], [1, 2, 3], [bytes(content).length >> 1]])
      expect((await rows(content, undefined, cuts)).map(({ json }) => json)).toEqual(canonical)
  })

  it('keep the number of their line or element', async () => {
    expect((await rows(`\n${row(1)}\n\n${row(2)}\n`)).map(({ number }) => number)).toEqual([2, 4])
    expect((await rows(`[${row(1)},${row(2)}]`)).map(({ number }) => number)).toEqual([1, 2])
  })

  it('keep any text as it is', async () => {
    const prompt = 'ü 漢 😀 \u2028 \u0000 \\ " \ufeff'
    const [parsed] = await rows(JSON.stringify({ prompt, completion: 'c' }))
    expect(JSON.parse(parsed?.json ?? '')).toEqual({ prompt, completion: 'c' })
  })
})

describe('a bad row', () => {
  it('17,203 is named by its line', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => row(i + 1))
    lines[17_202] = '{"prompt":"p", completion:'
    const fault = await refusal(lines.join('\n'))
    expect(fault).toMatchObject({
      code: 'invalid',
      errors: [{ pointer: '/lines/17203', code: 'bad_json', remedy: 'Write one JSON object per line.' }],
    })
    expect(fault.message).toContain('1 of 20000 rows are bad; the first: line 17203 is not JSON')
  })

  it('refuses the file, and every other bad row is named too', async () => {
    const notUtf8 = new Uint8Array([...bytes(`${row(1)}\n{\n`), 0xff, ...bytes(`\n${row(2)}\n{"prompt":1}\n`)])
    const fault = await refusal(notUtf8, 'sft')
    expect(fault.errors.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/lines/2', 'bad_json'],
      ['/lines/3', 'bad_line'],
      ['/lines/5/prompt', 'invalid_type'],
      ['/lines/5/completion', 'invalid_type'],
    ])
    expect(fault.message).toContain('3 of 5 rows')
  })

  it('that is too long is named after those before it', async () => {
    const fault = await refusal(`{\n${'x'.repeat(17 * 1024 * 1024)}\n${row(1)}`)
    expect(fault.errors.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/lines/1', 'bad_json'],
      ['/lines/2', 'bad_line'],
    ])
  })

  it('names unknown keys, known format or not', async () => {
    const content = `${row(1)}\n${row(2)}\n{"prompt":"p","completion":"c","reward":"yes"}`
    for (const format of [undefined, 'sft'] as const)
      expect((await refusal(content, format)).errors).toMatchObject([
        { pointer: '/lines/3/reward', code: 'unknown_key' },
      ])
  })

  it('in an array is named by its element', async () => {
    expect((await refusal(`[${row(1)},5,{"prompt":""}]`)).errors.map((each) => each.pointer)).toEqual([
      '/rows/2',
      '/rows/3/prompt',
      '/rows/3/completion',
    ])
  })

  it('is one of at most 100 that are listed, and all are counted', async () => {
    const fault = await refusal(`${row(0)}\n${'{}\n'.repeat(150)}`)
    expect(fault.errors).toHaveLength(100)
    expect(fault.message).toContain('150 of 151 rows')
  })

  it('ends the stream of good rows before it, so that none is taken for the whole', async () => {
    const seen: number[] = []
    const read = async () => {
      const rest = `${row(3)}\n`.repeat(100_000)
      for await (const { number } of parseRows(() => chunked(bytes(`${row(1)}\n{}\n${rest}`), []), undefined))
        seen.push(number)
    }
    await rejection(read())
    expect(seen).toEqual([1])
  })
})

describe('a file', () => {
  it.each(['', '\n\r\n \n', '[]'])('without rows is refused: %j', async (content) => {
    expect(await refusal(content)).toMatchObject({ code: 'invalid', message: expect.stringContaining('no rows') })
  })

  it('that only starts like an array says where it breaks', async () => {
    const fault = await refusal(`[${row(1)},\n{"prompt": }]`)
    expect(fault).toMatchObject({ code: 'invalid', errors: [{ pointer: '/rows/2', code: 'bad_json' }] })
    expect(fault.message).toMatch(/row 2 is not JSON: Unexpected token '}'/)
  })

  it('that is an array in another encoding is refused', async () => {
    const fault = await refusal(new Uint8Array([...bytes('["'), 0xff, ...bytes('"]')]))
    expect(fault).toMatchObject({ code: 'invalid', message: expect.stringContaining('row 1 is not valid UTF-8') })
  })
})

describe('the format', () => {
  it.each([
    ['sft', '{"prompt":"p","completion":"c"}'],
    ['sft', '{"prompt":[{"role":"user","content":"p"}],"completion":"c","id":"1"}'],
    ['messages', '{"messages":[{"role":"user","content":"p"},{"role":"assistant","content":"c"}]}'],
    ['preference', '{"prompt":"p","chosen":"a","rejected":"b"}'],
    ['answer', '{"prompt":"p","answer":"a","task":"gsm8k"}'],
  ])('%s is recognised', async (format, content) => {
    let found: string | undefined
    await Array.fromAsync(
      parseRows(
        () => chunked(bytes(content), []),
        undefined,
        (detected) => {
          found = detected
        },
      ),
    )
    expect(found).toBe(format)
  })

  it('of the first row that has one holds for all', async () => {
    const fault = await refusal(`7\n${row(1)}\n{"prompt":"p","answer":"a"}`)
    expect(fault.errors.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/lines/1', 'invalid_type'],
      ['/lines/3', 'mixed_formats'],
    ])
  })

  it('that is asked for is not guessed', async () => {
    expect((await refusal(row(1), 'answer')).errors).toMatchObject([
      {
        pointer: '/lines/1',
        message: expect.stringContaining('has the fields of sft, and the file is read as answer'),
      },
    ])
  })

  it('that is CSV without a column that is known is told of the header', async () => {
    const [breach] = (await refusal('frage,antwort\na,b\n')).errors
    expect(breach).toMatchObject({ pointer: '/lines/1', remedy: expect.stringContaining('name its columns') })
  })

  it('that nobody knows gets the list of those there are', async () => {
    const [breach] = (await refusal('{"question":"q","answer":"a"}')).errors
    expect(breach).toMatchObject({ pointer: '/lines/1', code: 'unknown_format' })
    for (const shape of ['sft {', 'messages {', 'preference {', 'answer {']) expect(breach?.remedy).toContain(shape)
  })
})

it.each([
  ['zip', new Uint8Array([0x50, 0x4b, 3, 4, 10, 10, 10]), 'Unpack it, then give the file inside'],
  ['UTF-16', new Uint8Array([0xff, 0xfe, ...Buffer.from(row(1), 'utf16le')]), 'Save the file as UTF-8.'],
  ['UTF-16', Buffer.from(row(1), 'utf16le'), 'Save the file as UTF-8.'],
  ['UTF-16', Buffer.from(row(1), 'utf16le').swap16(), 'Save the file as UTF-8.'],
  ['a PDF', Buffer.from('%PDF-1.4\n1 0 obj\n'), 'Give the rows as JSONL'],
  ['a web page', Buffer.from('<!DOCTYPE html>\n<p>'), 'Download the file itself'],
  ['a tar archive', Buffer.concat([Buffer.alloc(257, 'x'), Buffer.from('ustar')]), 'Unpack it'],
  ['Git LFS', Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\n'), 'git lfs pull'],
])('a file that is %s is one problem, however it is cut', async (what, content, remedy) => {
  for (const cuts of [[], [1, 2, 3]]) {
    const fault = (await rejection(rows(content, undefined, cuts))) as Fault
    expect(fault.message).toContain(what)
    const [error] = fault.errors
    expect(fault.errors).toHaveLength(1)
    expect(error).toMatchObject({ pointer: '', code: 'foreign_format', message: fault.message })
    expect(error?.remedy).toContain(remedy)
  }
})

it.each([
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
])('a file that is packed with %s is read as it is', async (_, pack) => {
  expect((await rows(pack(canonical.join('\n')), undefined, [1, 2, 9])).map(({ json }) => json)).toEqual(canonical)
})

it('a file in another layout comes out canonical', async () => {
  const content = '{"question":"1+1?","answer":"One and one.\\n#### 2","level":3}'
  const [parsed] = await rows(content)
  expect(parsed?.json).toBe('{"meta":{"level":3},"prompt":"1+1?","answer":"2","rationale":"One and one."}')
})
